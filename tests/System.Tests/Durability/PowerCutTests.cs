using System.Globalization;
using MicroVm.Shared.Contracts.Api;
using MicroVm.TestKit;

namespace MicroVm.SystemTests.Durability;

/// <summary>
/// The device's power is cut, or its agent killed, at random moments while VMs come, change and go; its disk then loses what it was not told to keep.
/// Each time the device comes to where it should be: the generation that it reported is held, each VM runs once and no other does, nothing is left
/// behind, a volume has what its workload had synchronised, and the reader of telemetry finds each batch once, in order, and none gone.
/// <c>MICROVM_POWER_CUTS</c> says how often, <c>MICROVM_POWER_CUT_SEED</c> repeats a run.
/// </summary>
public sealed class PowerCutTests(PowerCutFixture device) : IClassFixture<PowerCutFixture>
{
    private const int UsualCuts = 4;
    private static readonly TimeSpan s_longestWait = TimeSpan.FromSeconds(14);

    [Fact]
    public async Task Device_CutOrKilledAtRandomMoments_LosesNothingAndLeavesNothing()
    {
        int cuts = Number("MICROVM_POWER_CUTS", UsualCuts), seed = Number("MICROVM_POWER_CUT_SEED", Random.Shared.Next());
        Random random = new(seed);
        Console.WriteLine($"power cuts: {cuts}, MICROVM_POWER_CUT_SEED={seed}");
        for (int number = 1; number <= cuts; number++)
        {
            string change = await ChangeAsync(number, random);
            TimeSpan wait = s_longestWait * random.NextDouble();
            await Task.Delay(wait);
            ulong reported = (await device.Client.GetDeviceAsync(device.DeviceId)).ObservedGeneration;
            (long synced, long cursor) = await device.LastSyncedAsync();
            await device.AssertTelemetryAsync($"before cut {number} of seed {seed}");
            string cut = await device.CutAsync(random, reported);
            string where = $"cut {number} of seed {seed}: {change}, {wait.TotalSeconds:0.0} s later {cut}";
            await NestedHang.RetryOnceAsync(() => device.WaitUntilAsDesiredAsync(where), device.PowerCycleAsync);
            await device.AssertNothingElseAsync(where);
            await device.AssertTelemetryAsync(where);
            long? found = await device.FoundAfterAsync(cursor);
            Assert.True(found is null || found >= synced, $"{where}: the volume had {synced} synchronised, the next run found {found}");
            Console.WriteLine($"{where}: as desired; volume {synced} synchronised, {(found is long value ? $"{value} found" : "not started again")}");
        }

        (int samples, int points) = device.BootsSeen;
        Console.WriteLine($"telemetry of {samples} starts of the agent, points of {points}: in order, each once");
        Assert.True(samples > 1 && points > 0, $"expected samples of several starts and points of some, found those of {samples} and {points}");
    }

    private async Task<string> ChangeAsync(int number, Random random)
    {
        switch (number == 1 ? 0 : random.Next(5))
        {
            case 0 or 1:
                await device.ApplyCounterAsync(number);
                return "the counter in a new revision";
            case 2:
                await device.ApplySecondAsync(number);
                return "the second VM in a new revision";
            case 3:
                await device.DeleteAsync(PowerCutFixture.Second);
                return "no second VM";
            default:
                await device.DeleteAsync(PowerCutFixture.Counter);
                return "no counter";
        }
    }

    private static int Number(string name, int fallback) =>
        int.TryParse(Environment.GetEnvironmentVariable(name), NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number : fallback;
}
