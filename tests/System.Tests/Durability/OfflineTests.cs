using System.Globalization;
using MicroVm.Shared.Contracts.Api;
using MicroVm.TestKit;

namespace MicroVm.SystemTests.Durability;

/// <summary>A device that boots with no network and with a clock that is wrong by decades runs what it holds, and nothing restarts when both come back.</summary>
public sealed class OfflineTests(OfflineFixture story) : IClassFixture<OfflineFixture>
{
    private const string Right = "";
    private static readonly TimeSpan s_linkLimit = TimeSpan.FromSeconds(150);

    /// <summary>It wakes up in the past: the certificates are not valid yet, which is taken, and a device without a battery comes back by itself.</summary>
    [Fact]
    public async Task Boot_In1970WithNoNetwork_RunsWhatItHolds_And1970WithOneConnects()
    {
        await BootAsync("1970-01-01T00:01:00", hasNetwork: false);
        Assert.StartsWith("1970", (await story.Device.RunAsync("date -u +%Y-%m-%d")).Succeeded());
        await story.Device.AgentLog.WaitForAsync("no connection to", s_linkLimit);

        await BootAsync("1970-01-01T00:01:00", hasNetwork: true);
        await story.Device.AgentLog.WaitForAsync(" connected to ", s_linkLimit);
        await AssertSameAfterAsync(SetClockAsync);
        await story.WaitUntilCompleteAsync("report after the clock was set");
    }

    /// <summary>It wakes up in the future: the control plane's certificate has ended by its clock, so it stays alone and says why, until its clock is right.</summary>
    [Fact]
    public async Task Boot_In2099_RunsWhatItHoldsSaysWhyItIsAlone_AndComesBackWhenTheClockIsSet()
    {
        await BootAsync("2099-06-01T00:00:00", hasNetwork: true);
        Assert.StartsWith("2099", (await story.Device.RunAsync("date -u +%Y-%m-%d")).Succeeded());
        await story.Device.AgentLog.WaitForAsync("reason", static line => line.Contains("by this device's clock, found one that ended at", StringComparison.Ordinal), s_linkLimit);
        string status = (await story.Device.RunAsync("microvm-agent vms")).Succeeded();
        Assert.Contains("Running", status, StringComparison.Ordinal);

        int from = story.Device.AgentLog.Count;
        await AssertSameAfterAsync(SetClockAsync);
        await story.Device.AgentLog.WaitForAsync(" connected to ", s_linkLimit, from);
        await story.WaitUntilCompleteAsync("report after the clock was set");
    }

    /// <summary>An hour and a month pass on the device while the control plane is away.</summary>
    [Fact]
    public async Task ControlPlaneAwayForAMonth_NothingRestartsWhenItComesBack()
    {
        await BootAsync(Right, hasNetwork: true);
        await story.WaitUntilCompleteAsync("report before the month");
        DeviceView before = await story.Client.GetDeviceAsync(story.DeviceId);
        await story.ControlPlane.StopAsync();
        await AssertSameAfterAsync(() => MoveClockAsync(TimeSpan.FromHours(1)));
        await AssertSameAfterAsync(() => MoveClockAsync(TimeSpan.FromDays(30)));

        // The control plane has not lived through it, and nor have its certificates.
        await AssertSameAfterAsync(SetClockAsync);
        await story.ControlPlane.StartAsync();
        await AssertSameAfterAsync(() => story.WaitUntilCompleteAsync("report after the month"));

        DeviceView after = await story.Client.GetDeviceAsync(story.DeviceId);
        Assert.Equal((before.Vms[0].VmmPid, before.Vms[0].Restarts, "Running"), (after.Vms[0].VmmPid, after.Vms[0].Restarts, after.Vms[0].Phase));
    }

    private async Task BootAsync(string clock, bool hasNetwork)
    {
        await story.Device.KillAsync();
        await story.Device.BootAsync(options => options with { Clock = clock, HasNetwork = hasNetwork });
        await NestedHang.RetryOnceAsync(
            () => story.Device.AgentLog.WaitForAsync("workload started", DeviceFixture.RunningLimit), story.PowerCycleAsync);
        Assert.Single(await story.Device.VmmPidsAsync());
    }

    private async Task AssertSameAfterAsync(Func<Task> act)
    {
        IReadOnlyList<int> vmms = await story.Device.VmmPidsAsync();
        await act();
        Assert.Equal(vmms, await story.Device.VmmPidsAsync());
    }

    private async Task SetClockAsync() => await SetClockAsync(DateTimeOffset.UtcNow);

    private async Task MoveClockAsync(TimeSpan by) => await SetClockAsync(
        DateTimeOffset.FromUnixTimeSeconds(long.Parse((await story.Device.RunAsync("date +%s")).Succeeded(), CultureInfo.InvariantCulture)) + by);

    private async Task SetClockAsync(DateTimeOffset time) =>
        (await story.Device.RunAsync(string.Create(CultureInfo.InvariantCulture, $"date -u -s @{time.ToUnixTimeSeconds()}"))).Succeeded();
}
