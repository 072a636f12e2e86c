using MicroVm.EdgeAgent.Diagnostics;
using MicroVm.EdgeAgent.Mqtt;
using MicroVm.EdgeAgent.Store;
using MicroVm.EdgeAgent.Telemetry;
using MicroVm.EdgeAgent.Tests.TestDoubles;
using MicroVm.Shared.Contracts.Telemetry;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace MicroVm.EdgeAgent.Tests.Telemetry;

public sealed class TelemetryCollectorTests : IDisposable
{
    private static readonly HostSample s_host = new(1, 2, 3, 4, 5, 6, 7, 8);
    private static readonly DeviceEvent s_event = new(1, null, false, "AgentStarted", "one");

    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));
    private readonly FailingStore _store = new(new MemoryStore());
    private readonly AgentCounters _counters = new();
    private readonly TelemetryCollector _collector;

    public TelemetryCollectorTests() => _collector = Make(SpoolLimits.Default);

    [Fact]
    public void TryFlush_StoreIsBroken_KeepsWhatThereIs()
    {
        _collector.AddSamples(s_host, []);
        _store.Broken = true;

        Assert.False(_collector.TryFlush());
        _store.Broken = false;
        Assert.True(_collector.TryFlush());

        Assert.Equal(s_host, Decode().Single().Hosts.Single());
        Assert.Equal(1, _counters.StoreFaults.Value);
    }

    [Fact]
    public async Task Run_AnEvent_IsSpooledAfterHalfASecond()
    {
        TaskCompletionSource spooled = new();
        _collector.Spooled += spooled.SetResult;
        using CancellationTokenSource stop = new();
        Task running = _collector.RunAsync(stop.Token);

        _collector.AddEvent(s_event);
        Assert.False(spooled.Task.IsCompleted);
        _time.Advance(TimeSpan.FromMilliseconds(500));
        await Phase.Of("spool", spooled.Task);

        Assert.Equal(s_event, Decode().Single().Events.Single());
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
    }

    [Fact]
    public void AddSamples_Next_AreInTheNextBatch()
    {
        _collector.AddSamples(s_host, []);
        _collector.TryFlush();

        Assert.Equal(s_host, Decode().Single().Hosts.Single());
        Assert.Empty(Decode().Single().Logs);
    }

    [Fact]
    public void TryFlush_SpoolOverflows_IsCounted()
    {
        using TelemetryCollector small = Make(new SpoolLimits(long.MaxValue, 1));
        for (int i = 0; i < 3; i++)
        {
            small.AddSamples(s_host, []);
            small.TryFlush();
        }

        Assert.Equal(2, _counters.DroppedBatches.Value);
    }

    public void Dispose() => _collector.Dispose();

    private IReadOnlyList<TelemetryBatch> Decode() => [.. _store.ReadBatches(0, 100).Select(batch => TelemetryBatch.Decode(batch.Payload))];

    private TelemetryCollector Make(SpoolLimits limits) =>
        new(_store, limits, new UplinkSequence(Guid.NewGuid(), _time), _counters, _time, NullLogger.Instance);
}
