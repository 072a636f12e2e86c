using System.Collections.Immutable;
using MicroVm.ControlPlane.Host.Configuration;
using MicroVm.ControlPlane.Host.Storage;
using MicroVm.ControlPlane.Host.Storage.Directories;
using MicroVm.ControlPlane.Host.Storage.Events;
using MicroVm.ControlPlane.Host.Storage.Telemetry;
using MicroVm.Shared.Contracts.Api;
using MicroVm.Shared.Contracts.Reported;
using MicroVm.Shared.Contracts.Telemetry;
using MicroVm.Shared.Identity;
using Microsoft.Extensions.Time.Testing;

namespace MicroVm.ControlPlane.Tests.Storage;

public sealed class TelemetryQueriesTests : IDisposable
{
    private const long Moment = 1_800_000_000_000, Step = 15_000;

    private static readonly DeviceId s_device = DeviceId.Parse("edge-1");

    private readonly string _directory = Directory.CreateTempSubdirectory("microvm-cp-").FullName;
    private readonly Database _database;

    public TelemetryQueriesTests() => _database = Database.Open(DataDirectory.Open(_directory));

    public void Dispose()
    {
        _database.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    /// <summary>Two boots whose clocks showed the same times, as those of a device without a clock of its own do.</summary>
    [Fact]
    public async Task Samples_OfTwoBootsAtTheSameTimes_HaveTheVmsOfTheirOwnBatch()
    {
        await StoreAsync((Moment, "web", 1), (Moment + Step, "web", 2));
        await StoreAsync((Moment, "web", 3), (Moment + Step, "db", 4));

        List<TelemetryView> samples = await SamplesAsync();

        Assert.Equal(["db 4", "web 3", "web 2", "web 1"], samples.Select(OneVmOf));
        TelemetryView newest = Assert.Single(await new TelemetryQueries(_database).NewestAsync(TestContext.Current.CancellationToken));
        Assert.Equal("db 4", OneVmOf(newest));
    }

    /// <summary>A VM that is gone by the next look is not shown there.</summary>
    [Fact]
    public async Task Samples_OfOneBatch_HaveTheVmsOfTheirLook()
    {
        await StoreAsync((Moment, "web", 1), (Moment + Step, null, 0), (Moment + (2 * Step), "web", 2));

        Assert.Equal(["web 2", "", "web 1"], (await SamplesAsync()).Select(sample => sample.Vms.Count == 0 ? "" : OneVmOf(sample)));
    }

    [Fact]
    public async Task Samples_AtImpossibleTimes_HaveTheirVms()
    {
        await StoreAsync((long.MinValue, "web", 1), (long.MaxValue, "db", 2));

        Assert.Equal(["db 2", "web 1"], (await SamplesAsync()).Select(OneVmOf));
    }

    private static string OneVmOf(TelemetryView sample)
    {
        VmSampleView vm = Assert.Single(sample.Vms);
        return $"{vm.Name} {vm.CpuPermille}";
    }

    private Task<List<TelemetryView>> SamplesAsync() =>
        new TelemetryQueries(_database).SamplesAsync(s_device.Value, 100, TestContext.Current.CancellationToken);

    private async Task StoreAsync(params (long AtMs, string? Vm, int Cpu)[] looks)
    {
        await new SqliteDeviceDirectory(_database).PutAsync(s_device.Value, ImmutableSortedDictionary<string, string>.Empty);
        Assert.Equal(TelemetryVerdict.Stored, await new TelemetryStore(_database, new EventFeed(), new FakeTimeProvider()).StoreAsync(s_device, new TelemetryBatch
        {
            Header = new UplinkHeader(Guid.NewGuid(), 1, 0),
            Hosts = [.. looks.Select(look => new HostSample(look.AtMs, 0, 0, 0, 0, 0, 0, 0))],
            Vms = [.. looks.Where(look => look.Vm is not null)
                .Select(look => new VmSample(look.AtMs, ResourceName.Parse(look.Vm!), look.Cpu, 0, VmPhase.Running))],
        }));
    }
}
