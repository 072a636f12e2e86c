using MicroVm.EdgeAgent.Diagnostics;
using MicroVm.EdgeAgent.Mqtt;
using MicroVm.EdgeAgent.Store;
using MicroVm.EdgeAgent.Telemetry;
using MicroVm.EdgeAgent.Tests.TestDoubles;
using MicroVm.Shared.Contracts.Guest;
using MicroVm.Shared.Contracts.Telemetry;
using MicroVm.Shared.Identity;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace MicroVm.EdgeAgent.Tests.Telemetry;

public sealed class TelemetryCollectorTests : IDisposable
{
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));
    private readonly FailingStore _store = new(new MemoryStore());
    private readonly AgentCounters _counters = new();
    private readonly LogSource _source = new(ResourceName.Parse("web"), Guid.NewGuid(), 0);
    private readonly TelemetryCollector _collector;

    public TelemetryCollectorTests() => _collector = Make(SpoolLimits.Default);

    [Fact]
    public async Task TryFlush_Lines_AreSpooledThenAcknowledged()
    {
        ulong acknowledged = 0, spooledWhenAcknowledged = 0;
        _source.Acknowledge = sequence => (acknowledged, spooledWhenAcknowledged) = (sequence, (ulong)_store.ReadBatches(0, 10).Count);
        Assert.Equal(0UL, await Add(1));
        await Add(2);

        Assert.True(_collector.TryFlush());

        Assert.Equal((2UL, 1UL), (acknowledged, spooledWhenAcknowledged));
        Assert.Equal(["line 1", "line 2"], Decode().Single().Logs.Select(line => line.Text));
        Assert.Equal(2UL, _store.LoadLogPosition(_source.Vm)!.Sequence);
    }

    [Fact]
    public async Task AddLine_RepeatedAfterReconnect_IsKeptOnce()
    {
        await Add(1);
        await Add(2);
        _collector.TryFlush();

        Assert.Equal(2UL, await Add(1));
        Assert.Equal(2UL, await Add(2));
        await Add(3);
        _collector.TryFlush();

        Assert.Equal(["line 1", "line 2", "line 3"], Decode().SelectMany(batch => batch.Logs).Select(line => line.Text));
    }

    [Fact]
    public async Task AddLine_Gap_IsToldAsDropped()
    {
        await Add(1);
        await Add(5);
        _collector.TryFlush();

        Assert.Equal(3UL, Decode().Single().DroppedLogLines);
        Assert.Equal(3, _counters.DroppedLogLines.Value);
    }

    [Fact]
    public async Task TryFlush_StoreIsBroken_KeepsLinesAndAcknowledgesNothing()
    {
        bool acknowledged = false;
        _source.Acknowledge = _ => acknowledged = true;
        await Add(1);
        _store.Broken = true;

        Assert.False(_collector.TryFlush());
        Assert.False(acknowledged);
        _store.Broken = false;
        Assert.True(_collector.TryFlush());

        Assert.True(acknowledged);
        Assert.Equal("line 1", Decode().Single().Logs.Single().Text);
        Assert.Equal(1, _counters.StoreFaults.Value);
    }

    [Fact]
    public async Task AddLine_BufferIsFull_WaitsUntilThereIsRoom()
    {
        for (ulong i = 1; i <= 1000; i++)
        {
            await Add(i);
        }

        Task<ulong> waiting = Add(1001).AsTask();
        Assert.False(waiting.IsCompleted);
        _collector.TryFlush();
        await Phase.Of("room", waiting);
        _collector.TryFlush();

        Assert.All(Decode(), batch => Assert.InRange(batch.Logs.Count, 1, TelemetryCollector.BatchLines));
        Assert.Equal(1001, Decode().Sum(batch => batch.Logs.Count));
    }

    [Fact]
    public async Task Run_FewLines_AreSpooledAfterHalfASecond()
    {
        TaskCompletionSource spooled = new();
        _collector.Spooled += spooled.SetResult;
        using CancellationTokenSource stop = new();
        Task running = _collector.RunAsync(stop.Token);

        await Add(1);
        Assert.False(spooled.Task.IsCompleted);
        _time.Advance(TimeSpan.FromMilliseconds(500));
        await Phase.Of("spool", spooled.Task);

        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
    }

    [Fact]
    public void AddSamples_Next_AreInTheNextBatch()
    {
        HostSample host = new(1, 2, 3, 4, 5, 6, 7, 8);
        _collector.AddSamples(host, []);
        _collector.TryFlush();

        Assert.Equal(host, Decode().Single().Hosts.Single());
    }

    [Fact]
    public async Task TryFlush_SpoolOverflows_TellsTheLossInTheNextBatch()
    {
        using TelemetryCollector small = Make(new SpoolLimits(long.MaxValue, 1));
        for (ulong i = 1; i <= 3; i++)
        {
            await small.AddLineAsync(_source, Line(i), default);
            small.TryFlush();
        }

        Assert.Equal(2, _counters.DroppedBatches.Value);
        Assert.Equal(1UL, Decode().Single().DroppedLogLines);
    }

    public void Dispose() => _collector.Dispose();

    private static GuestLogLine Line(ulong sequence) => new(sequence, 10, LogStream.Stdout, $"line {sequence}");

    private ValueTask<ulong> Add(ulong sequence) => _collector.AddLineAsync(_source, Line(sequence), default);

    private IReadOnlyList<TelemetryBatch> Decode() => [.. _store.ReadBatches(0, 100).Select(batch => TelemetryBatch.Decode(batch.Payload))];

    private TelemetryCollector Make(SpoolLimits limits) =>
        new(_store, limits, new UplinkSequence(Guid.NewGuid(), _time), _counters, _time, NullLogger.Instance);
}
