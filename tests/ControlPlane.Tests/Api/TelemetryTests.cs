using MicroVm.ControlPlane.Tests.Kit;
using MicroVm.Shared.Contracts.Api;
using MicroVm.Shared.Contracts.Commands;
using MicroVm.Shared.Contracts.Reported;
using MicroVm.Shared.Contracts.Telemetry;
using MicroVm.Shared.Identity;
using MicroVm.Shared.Topics;

namespace MicroVm.ControlPlane.Tests.Api;

public sealed class TelemetryTests
{
    private static readonly ResourceName s_vm = ResourceName.Parse("web");

    [Fact]
    public async Task Batch_IsStoredAcknowledgedAndShown()
    {
        await using RunningControlPlane controlPlane = await RunningControlPlane.StartAsync();
        await using FakeDevice device = await new FakeDevice("edge-1").StartAsync(controlPlane);
        TelemetryBatch batch = Batch(device, 1_700_000_000_000, "one", "two");

        await device.PublishAsync(UplinkKind.Telemetry, batch.EncodeVersionOne());
        Ack ack = await device.NextAckAsync();

        Assert.Equal((batch.Header.BootId, batch.Header.Sequence), (ack.BootId, ack.Sequence));
        TelemetryView sample = Assert.Single(
            (await controlPlane.GetAsync(ApiPaths.DeviceTelemetry("edge-1"), ApiJsonContext.Default.ListViewTelemetryView)).Items);
        Assert.Equal((250, 1UL << 30, 77UL), (sample.CpuPermille, sample.MemoryUsedBytes, sample.UptimeSeconds));
        Assert.Equal((batch.Header.BootId, batch.Header.Sequence), (sample.BootId, sample.Sequence));
        Assert.Equal(("web", "Running", 5UL << 20), (Assert.Single(sample.Vms).Name, sample.Vms[0].Phase, sample.Vms[0].ResidentBytes));
        ListView<TelemetryView> newest = await controlPlane.GetAsync(ApiPaths.Telemetry, ApiJsonContext.Default.ListViewTelemetryView);
        Assert.Equal(sample.At, Assert.Single(newest.Items).At);
        Assert.Equal(2, controlPlane.Counters.LogLinesIgnored);
    }

    [Fact]
    public async Task Batch_SentAgain_IsAcknowledgedAgainAndStoredOnce()
    {
        await using RunningControlPlane controlPlane = await RunningControlPlane.StartAsync();
        await using FakeDevice device = await new FakeDevice("edge-1").StartAsync(controlPlane);
        TelemetryBatch batch = Batch(device, 1_700_000_000_000, "once");

        for (int i = 0; i < 3; i++)
        {
            await device.PublishAsync(UplinkKind.Telemetry, batch.EncodeVersionOne());
            Assert.Equal(batch.Header.Sequence, (await device.NextAckAsync()).Sequence);
        }

        Assert.Equal(1, controlPlane.Counters.LogLinesIgnored);
        Assert.Equal((1, 2), (controlPlane.Counters.TelemetryBatches, controlPlane.Counters.TelemetryDuplicates));
    }

    [Fact]
    public async Task Batch_WithImpossibleTimesAndNumbers_IsStoredAndShown()
    {
        await using RunningControlPlane controlPlane = await RunningControlPlane.StartAsync();
        await using FakeDevice device = await new FakeDevice("edge-1").StartAsync(controlPlane);
        foreach (long time in new[] { long.MinValue, long.MaxValue })
        {
            TelemetryBatch batch = new()
            {
                Header = device.NextHeader(),
                Hosts = [new HostSample(time, 0, ulong.MaxValue, ulong.MaxValue, 0, 0, ulong.MaxValue, 0)],
                Logs = [new LogLine(s_vm, time, LogStream.Stderr, "x\0y")],
                DroppedLogLines = ulong.MaxValue,
            };
            await device.PublishAsync(UplinkKind.Telemetry, batch.EncodeVersionOne());
            await device.NextAckAsync();
        }

        Assert.Equal(
            2,
            (await controlPlane.GetAsync(ApiPaths.DeviceTelemetry("edge-1"), ApiJsonContext.Default.ListViewTelemetryView)).Items.Count);
    }

    [Fact]
    public async Task Watch_DeploymentDeleted_EndsTheStream()
    {
        await using RunningControlPlane controlPlane = await RunningControlPlane.StartAsync();
        await controlPlane.ApplyAsync(Samples.Manifest());
        await using EventStream events = await EventStream.OpenAsync(controlPlane, ApiPaths.DeploymentWatch("hello"));
        Assert.Equal("NoDevices", (await events.NextAsync(ApiJsonContext.Default.DeploymentView))!.Value.Data.State);

        using HttpResponseMessage deleted = await controlPlane.SendAsync(HttpMethod.Delete, ApiPaths.Deployment("hello"));

        Assert.Null(await events.NextAsync(ApiJsonContext.Default.DeploymentView));
    }

    private static TelemetryBatch Batch(FakeDevice device, long atMs, params string[] lines) => new()
    {
        Header = device.NextHeader(),
        Hosts = [new HostSample(atMs, 250, 1UL << 30, 4UL << 30, 1, 2, 77, 3)],
        Vms = [new VmSample(atMs + 5, s_vm, 10, 5UL << 20, VmPhase.Running)],
        Logs = [.. lines.Select(line => new LogLine(s_vm, atMs * 1_000_000, LogStream.Stdout, line))],
    };
}
