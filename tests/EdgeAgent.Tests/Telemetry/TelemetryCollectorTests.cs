using MicroVm.EdgeAgent.Diagnostics;
using MicroVm.EdgeAgent.Mqtt;
using MicroVm.EdgeAgent.Store;
using MicroVm.EdgeAgent.Telemetry;
using MicroVm.EdgeAgent.Tests.TestDoubles;
using MicroVm.Shared.Contracts.Reported;
using MicroVm.Shared.Contracts.Telemetry;
using MicroVm.Shared.Identity;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace MicroVm.EdgeAgent.Tests.Telemetry;

public sealed class TelemetryCollectorTests : IDisposable
{
    private static readonly HostSample s_host = new(1, 2, 3, 4, 5, 6, 7, 8);
    private static readonly DeviceEvent s_event = new(1, null, false, "AgentStarted", "one");
    private static readonly ResourceName s_vm = ResourceName.Parse("web");
    private static readonly MetricPoint s_point = new(s_vm, "temperature", 21.5, "", [], 1);

    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));
    private readonly FakeClock _clock = new();
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

        Assert.Equivalent(s_host, Decode().Single().Hosts.Single());
        Assert.Equal(1, _counters.StoreFaults.Value);
    }

    [Fact]
    public async Task Run_AnEvent_IsSpooledAfterHalfASecond()
    {
        await using Running running = new(_collector);

        _collector.AddEvent(s_event);
        Assert.False(running.Spooled(1).IsCompleted);
        _time.Advance(BatchDecisions.Gathering);
        await Phase.Of("spool", running.Spooled(1));

        Assert.Equal(s_event, Decode().Single().Events.Single());
        Assert.Equal(SpoolClass.Events, _store.ReadBatches(0, 1)[0].Class);
    }

    [Fact]
    public async Task Run_Samples_AreSpooledAtOnceAndThenThirtySecondsTogether()
    {
        await using Running running = new(_collector);
        _collector.AddSamples(s_host, []);
        await Phase.Of("the first", running.Spooled(1));

        for (int i = 0; i < 6; i++)
        {
            Assert.False(running.Spooled(2).IsCompleted);
            _time.Advance(TimeSpan.FromSeconds(5));
            _collector.AddSamples(s_host, []);
        }

        await Phase.Of("the second", running.Spooled(2));
        Assert.Equal([1, 6], Decode().Select(batch => batch.Hosts.Count));
    }

    [Fact]
    public async Task Run_ErrorsOfAWorkload_AreSpooledAtOnce()
    {
        await using Running running = new(_collector);
        VmSample calm = new(1, s_vm, 0, 0, VmPhase.Running);
        _collector.AddSamples(s_host, [calm]);
        await Phase.Of("the first", running.Spooled(1));

        _collector.AddSamples(s_host, [calm]);
        Assert.False(running.Spooled(2).IsCompleted);
        _collector.AddSamples(s_host, [calm with { ErrorLines = 1 }]);

        await Phase.Of("the errors", running.Spooled(2));
        Assert.Equal([1, 2], Decode().Select(batch => batch.Hosts.Count));
    }

    [Fact]
    public async Task Run_AVmThatBecomesAnotherPhase_IsSpooledAtOnce()
    {
        await using Running running = new(_collector);
        VmSample starting = new(1, s_vm, 0, 0, VmPhase.Starting);
        _collector.AddSamples(s_host, [starting]);
        await Phase.Of("the first", running.Spooled(1));

        _collector.AddSamples(s_host, [starting with { Phase = VmPhase.Running }]);
        await Phase.Of("it runs", running.Spooled(2));
        _collector.AddSamples(s_host, []);

        await Phase.Of("it is gone", running.Spooled(3));
    }

    [Fact]
    public async Task Run_AnEventWhileMetricsWait_IsSpooledWithoutThem()
    {
        await using Running running = new(_collector);
        _collector.AddMetrics([s_point]);
        _time.Advance(BatchDecisions.Gathering);
        await Phase.Of("the first point", running.Spooled(1));

        _collector.AddMetrics([s_point]);
        _collector.AddEvent(s_event);
        _time.Advance(BatchDecisions.Gathering);
        await Phase.Of("the event", running.Spooled(2));
        Assert.Equal([SpoolClass.Metrics, SpoolClass.Events], _store.ReadBatches(0, 10).Select(batch => batch.Class));

        _time.Advance(BatchDecisions.Linger);
        await Phase.Of("the second point", running.Spooled(3));
        Assert.Equivalent(s_point, Decode()[2].Metrics.Single());
    }

    [Fact]
    public void AddSamples_ClockWasSetInBetween_AreInBatchesOfTheirOwn()
    {
        _clock.Now = _clock.Now with { UnixMs = 5_000, Quality = ClockQuality.NotSet };
        _collector.AddMetrics([s_point]);
        _clock.Pass(1_000);
        _collector.AddMetrics([s_point]);
        _clock.Now = new FakeClock().Now;
        _collector.AddMetrics([s_point]);

        Assert.True(_collector.TryFlush());

        Assert.Equal([(5_000L, ClockQuality.NotSet, 2), (1_800_000_000_000L, ClockQuality.Synchronised, 1)],
            Decode().Select(batch => (batch.BaseUnixMs, batch.Clock, batch.Metrics.Count)));
        Assert.All(_store.ReadBatches(0, 10), batch => Assert.Equal((50_000, FakeClock.Boot), (batch.BaseUptimeMs, batch.KernelBootId)));
    }

    [Fact]
    public void TryFlush_SpoolOverflows_IsCountedAndInTheNextBatch()
    {
        using TelemetryCollector small = Make(new SpoolLimits(long.MaxValue, 1));
        for (int i = 0; i < 3; i++)
        {
            small.AddSamples(s_host, []);
            small.TryFlush();
        }

        Assert.Equal(2, _counters.DroppedBatches.Value);
        Assert.Equal(new TelemetryLosses(1, 0, 0), Decode().Single().Losses);
        Assert.Equal(new TelemetryLosses(2, 0, 0), _store.ReadSpoolUsage().Losses);
    }

    [Fact]
    public void TryFlush_SpoolIsFullForLong_IsSaidOnceAnHour()
    {
        LineList log = new();
        using TelemetryCollector small = Make(new SpoolLimits(long.MaxValue, 1), log);
        for (int i = 0; i < 122; i++)
        {
            small.AddSamples(s_host, []);
            Assert.True(small.TryFlush());
            _time.Advance(TimeSpan.FromMinutes(1));
        }

        Assert.Equal(["1", "60", "60"], log.Lines.Select(static line => line.Split(' ')[5]));
        Assert.Equal(121, _counters.DroppedBatches.Value);
    }

    [Fact]
    public void TryFlush_StoreIsBrokenForLong_KeepsEventsAndTheNewestAndSaysWhatIsLost()
    {
        _store.Broken = true;
        _collector.AddEvent(s_event);
        Assert.False(_collector.TryFlush());
        for (int i = 0; i < 20; i++)
        {
            _collector.AddSamples(s_host with { AtUnixMs = i }, []);
            Assert.False(_collector.TryFlush());
        }

        _store.Broken = false;
        Assert.True(_collector.TryFlush());

        Assert.Equal(s_event, Decode()[0].Events.Single());
        Assert.Equal(Enumerable.Range(13, 7).Select(i => (long)i), Decode().SelectMany(batch => batch.Hosts).Select(host => host.AtUnixMs));
        Assert.Equal(13, _counters.DroppedBatches.Value);
        Assert.All(Decode(), batch => Assert.Equal(new TelemetryLosses(13, 0, 0), batch.Losses));
        Assert.Equal(new TelemetryLosses(13, 0, 0), _store.ReadSpoolUsage().Losses);
    }

    [Fact]
    public void AddMetrics_LongLabelsOfManyVms_AreInBatchesThatCanBeRead()
    {
        string text = new('字', MetricLimits.LabelValueCharacters);
        KeyValuePair<string, string>[] labels = [.. Enumerable.Range(0, MetricLimits.Labels).Select(i => new KeyValuePair<string, string>($"label-{i}", text))];
        for (int i = 0; i < BatchDecisions.MostPoints - 1; i++)
        {
            _collector.AddMetrics([s_point with { Vm = ResourceName.Parse($"vm-{i}"), Labels = labels }]);
        }

        Assert.True(_collector.TryFlush());

        Assert.Equal(BatchDecisions.MostPoints - 1, Decode().Sum(batch => batch.Metrics.Count));
    }

    [Fact]
    public async Task WaitForRoom_BatchesWait_UntilTheyAreSpooledOrFiveSecondsHavePassed()
    {
        Assert.True(await _collector.WaitForRoomAsync(CancellationToken.None));
        for (int i = 0; i < 2; i++)
        {
            _collector.AddMetrics([.. Enumerable.Repeat(s_point, BatchDecisions.MostPoints)]);
        }

        Task<bool> waits = _collector.WaitForRoomAsync(CancellationToken.None), late = _collector.WaitForRoomAsync(CancellationToken.None);
        Assert.False(waits.IsCompleted);
        _time.Advance(TimeSpan.FromSeconds(5));
        Assert.False(await Phase.Of("no room for five seconds", late));
        Assert.False(await Phase.Of("no room for five seconds", waits));

        Task<bool> again = _collector.WaitForRoomAsync(CancellationToken.None);
        Assert.True(_collector.TryFlush());

        Assert.True(await Phase.Of("room after spooling", again));
        Assert.Equal(2 * BatchDecisions.MostPoints, Decode().Sum(batch => batch.Metrics.Count));
        Assert.Equal(0, _counters.DroppedBatches.Value);
    }

    [Fact]
    public async Task WaitForRoom_ABatchIsBeingSpooled_CountsItWithThoseThatWait()
    {
        using ManualResetEventSlim disk = new();
        TaskCompletionSource asked = new();
        for (int i = 0; i < 2; i++)
        {
            _collector.AddMetrics([.. Enumerable.Repeat(s_point, BatchDecisions.MostPoints)]);
        }

        _store.Hang = () =>
        {
            asked.TrySetResult();
            disk.Wait();
        };
        Task<bool> flush = Task.Run(_collector.TryFlush, TestContext.Current.CancellationToken);
        await Phase.Of("the store is asked", asked.Task);

        Task<bool> room = _collector.WaitForRoomAsync(CancellationToken.None);
        Assert.False(room.IsCompleted);
        disk.Set();

        Assert.True(await Phase.Of("flush", flush));
        Assert.True(await Phase.Of("room", room));
    }

    public void Dispose() => _collector.Dispose();

    private IReadOnlyList<TelemetryBatch> Decode() => [.. _store.ReadBatches(0, 100).Select(batch => TelemetryBatch.Decode(batch.Payload))];

    private TelemetryCollector Make(SpoolLimits limits, ILogger? logger = null) =>
        new(_store, limits, new UplinkSequence(Guid.NewGuid(), _time), _clock, _counters, _time, logger ?? NullLogger.Instance);

    /// <summary>The collector while it runs, and how often it has spooled.</summary>
    private sealed class Running : IAsyncDisposable
    {
        private readonly TaskCompletionSource[] _spooled = [new(), new(), new()];
        private readonly CancellationTokenSource _stop = new();
        private readonly Task _running;
        private int _count;

        internal Running(TelemetryCollector collector)
        {
            collector.Spooled += () => _spooled[_count++].SetResult();
            _running = collector.RunAsync(_stop.Token);
        }

        internal Task Spooled(int count) => _spooled[count - 1].Task;

        public async ValueTask DisposeAsync()
        {
            await _stop.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => _running);
            _stop.Dispose();
        }
    }
}
