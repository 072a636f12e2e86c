using MicroVm.ControlPlane.Host.Storage.Telemetry;
using MicroVm.ControlPlane.Tests.Kit;
using MicroVm.Shared.Contracts.Api;
using MicroVm.Shared.Contracts.Reported;
using MicroVm.Shared.Contracts.Telemetry;
using MicroVm.Shared.Identity;
using MicroVm.Shared.Topics;

namespace MicroVm.ControlPlane.Tests.Api;

public sealed class MetricTests
{
    private const long Moment = 1_800_000_000_000;
    private static readonly ResourceName s_vm = ResourceName.Parse("web");

    [Fact]
    public async Task Points_OfWorkloads_AreStoredBySeriesAndShown()
    {
        await using RunningControlPlane controlPlane = await RunningControlPlane.StartAsync();
        await using FakeDevice device = await new FakeDevice("edge-1").StartAsync(controlPlane);
        await SendAsync(device, Batch(device, Point("speed", 1.5, 0, "4"), Point("speed", 2.5, 1, "4"), Point("speed", 9, 0, "5"), Point("errors", 3, 2, "")));

        MetricSeriesView[] series = [.. (await controlPlane.GetAsync(ApiPaths.Metrics("edge-1"), ApiJsonContext.Default.ListViewMetricSeriesView)).Items];
        Assert.Equal([("errors", 3.0), ("speed", 2.5), ("speed", 9.0)], series.Select(one => (one.Name, one.Value)));
        Assert.Equal(["", "4", "5"], series.Select(one => one.Labels.GetValueOrDefault("line", "")));
        Assert.Equal(DateTimeOffset.FromUnixTimeMilliseconds(Moment + 1), series[1].At);

        MetricPointView[] points = await PointsAsync(controlPlane, "?vm=web&name=speed");
        Assert.Equal([1.5, 2.5, 9], points.Select(one => one.Value));
        Assert.All(points, one => Assert.Equal("Synchronised", one.Clock));
        Assert.Equal([2.5, 9], (await PointsAsync(controlPlane, "?name=speed&limit=2")).Select(one => one.Value));
        Assert.Equal(2.5, Assert.Single(await PointsAsync(controlPlane, "?name=speed&since=2027-01-15T08:00:00.001Z")).Value);
        Assert.Empty(await PointsAsync(controlPlane, "?vm=other"));
    }

    [Fact]
    public async Task Batch_DeliveredAgainAfterARestartOfTheControlPlane_IsStoredOnceAndInOrder()
    {
        string directory = RunningControlPlane.NewDirectory();
        try
        {
            TelemetryBatch[] batches;
            await using (RunningControlPlane before = await RunningControlPlane.StartAsync(directory))
            {
                await using FakeDevice device = await new FakeDevice("edge-1").StartAsync(before);
                batches = [.. Enumerable.Range(0, 3).Select(i => Batch(device, Point("n", i, i, "")))];
                await SendAsync(device, batches[0]);
                await SendAsync(device, batches[1]);
            }

            await using RunningControlPlane after = await RunningControlPlane.StartAsync(directory);
            await using FakeDevice again = await new FakeDevice("edge-1").StartAsync(after);
            foreach (TelemetryBatch batch in batches)
            {
                await SendAsync(again, batch);
            }

            MetricPointView[] points = await PointsAsync(after, "");
            Assert.Equal([0.0, 1, 2], points.Select(one => one.Value));
            Assert.Equal(batches.Select(batch => (batch.Header.BootId, batch.Header.Sequence)), points.Select(one => (one.BootId, one.Sequence)));
            Assert.Equal((1, 2), (after.Counters.TelemetryBatches, after.Counters.TelemetryDuplicates));
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    [Fact]
    public async Task Points_OfAClockThatWasNotSet_AreShownAtTheTimeThatTheyWereTaken()
    {
        await using RunningControlPlane controlPlane = await RunningControlPlane.StartAsync();
        await using FakeDevice device = await new FakeDevice("edge-1").StartAsync(controlPlane);
        DateTimeOffset before = DateTimeOffset.UtcNow;
        TelemetryBatch batch = Batch(device, Point("n", 1, 0, "") with { AtUnixMs = 7_000 }) with
        {
            Clock = ClockQuality.NotSet,
            BaseUnixMs = 5_000,
            Hosts = [new HostSample(6_000, 1, 2, 3, 4, 5, 6, 7) { CoreCpuPermille = [1, 2], TemperatureMilliCelsius = -5_000, Pressure = new(1, 2, 3, 4, 5) }],
            Vms = [new VmSample(6_000, s_vm, 1, 2, VmPhase.Running) { BalloonMib = 64, Exits = 9, Restarts = 3, NetworkSentBytes = 8 }],
            Events = [new DeviceEvent(8_000, null, false, "AgentStarted", "")],
            Losses = new TelemetryLosses(1, 2, 3),
        };

        await SendAsync(device, batch with { Stamp = new SendStamp(9_000, ClockQuality.NotSet, 3_600_000) });

        MetricPointView point = Assert.Single(await PointsAsync(controlPlane, ""));
        Assert.Equal("Corrected", point.Clock);
        Assert.InRange(point.At, before.AddHours(-1).AddSeconds(1), DateTimeOffset.UtcNow.AddHours(-1).AddSeconds(3));
        TelemetryView sample = Assert.Single((await controlPlane.GetAsync(ApiPaths.DeviceTelemetry("edge-1"), ApiJsonContext.Default.ListViewTelemetryView)).Items);
        Assert.Equal(("Corrected", -5_000, 5), (sample.Clock, sample.TemperatureMilliCelsius, sample.PressureIoFull));
        Assert.Equal([1, 2], sample.CoreCpuPermille);
        Assert.Equal(point.At.AddSeconds(-1), sample.At);
        VmSampleView vm = Assert.Single(sample.Vms);
        Assert.Equal((64, 9UL, 3, 8UL), (vm.BalloonMib, vm.Exits, vm.Restarts, vm.NetworkSentBytes));
        Assert.Equal(new TelemetryLossView(1, 2, 3), (await controlPlane.DeviceAsync("edge-1")).TelemetryLost);
    }

    [Fact]
    public async Task Series_BeyondTheLimitOfADevice_TakeThePlaceOfThoseSilentForLongest()
    {
        await using RunningControlPlane controlPlane = await RunningControlPlane.StartAsync();
        await using FakeDevice device = await new FakeDevice("edge-1").StartAsync(controlPlane);
        const int some = 4_000, most = MetricStore.MaxSeriesOfDevice;
        for (int i = 0; i < most; i += some)
        {
            await SendAsync(device, Batch(device, [.. Enumerable.Range(i, some).Select(n => Point($"n{n}", n, 0, ""))]));
        }

        await SendAsync(device, Batch(device, Point("n0", 1, 0, "")));
        // The one that is next to leave is in the same batch, behind those that need room.
        await SendAsync(device, Batch(device, Point($"n{most}", 1, 0, ""), Point($"n{most + 1}", 1, 0, ""), Point("n3", 1, 0, ""), Point($"n{most + 2}", 1, 0, "")));

        int[] names = [0, 1, 2, 3, 4, 5, most, most + 1, most + 2];
        int[] points = await Task.WhenAll(names.Select(async n => (await PointsAsync(controlPlane, $"?name=n{n}")).Length));
        Assert.Equal([2, 0, 0, 2, 0, 1, 1, 1, 1], points);
    }

    private static MetricPoint Point(string name, double value, int row, string line) =>
        new(s_vm, name, value, "m/s", line.Length == 0 ? [] : [new("line", line)], Moment + row);

    private static TelemetryBatch Batch(FakeDevice device, params MetricPoint[] points) =>
        new() { Header = device.NextHeader(), Metrics = points, BaseUnixMs = Moment, Clock = ClockQuality.Synchronised };

    private static async Task SendAsync(FakeDevice device, TelemetryBatch batch)
    {
        await device.PublishAsync(UplinkKind.Telemetry, batch.Encode());
        Assert.Equal(batch.Header.Sequence, (await device.NextAckAsync()).Sequence);
    }

    private static async Task<MetricPointView[]> PointsAsync(RunningControlPlane controlPlane, string query) =>
        [.. (await controlPlane.GetAsync(ApiPaths.MetricPoints("edge-1") + query, ApiJsonContext.Default.ListViewMetricPointView)).Items];
}
