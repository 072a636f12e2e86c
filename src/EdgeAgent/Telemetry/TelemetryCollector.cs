using Microsoft.Extensions.Logging;
using MicroVm.EdgeAgent.Diagnostics;
using MicroVm.EdgeAgent.Mqtt;
using MicroVm.EdgeAgent.Reconcile;
using MicroVm.EdgeAgent.Store;
using MicroVm.EdgeAgent.Telemetry.Clocks;
using MicroVm.Shared.Contracts.Reported;
using MicroVm.Shared.Contracts.Telemetry;
using MicroVm.Shared.Identity;

namespace MicroVm.EdgeAgent.Telemetry;

/// <summary>
/// Gathers samples, metrics and events, each class by itself, into batches and puts these into the spool. Rows of one batch are
/// by one setting of the clock. While the store is broken, a few are kept in memory; what is dropped of them is what the spool would drop.
/// </summary>
internal sealed class TelemetryCollector : IDisposable
{
    private const int Classes = 3;

    /// <summary>Batches that wait for a broken store besides the three that still grow: the clock was set in between.</summary>
    private const int MostSealed = 8;

    /// <summary>Batches that wait before workloads have to: each is up to a thousand points in memory.</summary>
    private const int Room = 2;

    private static readonly TimeSpan s_retry = TimeSpan.FromSeconds(1), s_roomLimit = TimeSpan.FromSeconds(5), s_tellPeriod = TimeSpan.FromHours(1);

    private readonly IAgentStore _store;
    private readonly SpoolLimits _limits;
    private readonly UplinkSequence _sequence;
    private readonly IDeviceClock _clock;
    private readonly AgentCounters _counters;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly Lock _lock = new();
    private readonly AsyncSignal _due = new();
    private readonly ITimer _timer;
    private readonly PendingBatch?[] _growing = new PendingBatch?[Classes];
    private readonly long?[] _spooledAt = new long?[Classes];
    private readonly (long Since, TimeSpan Wait)?[] _waits = new (long, TimeSpan)?[Classes];
    private readonly List<PendingBatch> _sealed = [];
    private readonly Dictionary<ResourceName, VmPhase> _phases = [];
    private PendingBatch? _spooling;
    private TelemetryLosses _lost;
    private bool _isRefused;
    private long _dropped;
    private long? _toldAt;
    private TaskCompletionSource? _room;

    internal TelemetryCollector(
        IAgentStore store, SpoolLimits limits, UplinkSequence sequence, IDeviceClock clock, AgentCounters counters, TimeProvider time, ILogger logger)
    {
        _store = store;
        _limits = limits;
        _sequence = sequence;
        _clock = clock;
        _counters = counters;
        _time = time;
        _logger = logger;
        _timer = time.CreateTimer(_ => SealDue(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Raised after a batch was spooled.</summary>
    internal event Action? Spooled;

    /// <summary>Takes samples.</summary>
    internal void AddSamples(HostSample host, IReadOnlyList<VmSample> vms)
    {
        lock (_lock)
        {
            PendingBatch batch = Growing(SpoolClass.Samples);
            batch.Hosts.Add(host);
            batch.Vms.AddRange(vms);
            Plan(batch, IsUrgent(vms), batch.Hosts.Count >= BatchDecisions.MostSamples || batch.Vms.Count >= BatchDecisions.MostVmSamples);
        }
    }

    /// <summary>Waits until there is room for what workloads measure; false when there is none for five seconds.</summary>
    internal async Task<bool> WaitForRoomAsync(CancellationToken cancellation)
    {
        long began = _time.GetTimestamp();
        while (true)
        {
            Task room;
            lock (_lock)
            {
                if (_sealed.Count < Room)
                {
                    return true;
                }

                room = (_room ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
            }

            try
            {
                TimeSpan left = s_roomLimit - _time.GetElapsedTime(began);
                await room.WaitAsync(left > TimeSpan.Zero ? left : TimeSpan.Zero, _time, cancellation);
            }
            catch (TimeoutException)
            {
                return false;
            }
        }
    }

    /// <summary>Takes what a workload measured.</summary>
    internal void AddMetrics(IReadOnlyList<MetricPoint> points)
    {
        lock (_lock)
        {
            PendingBatch batch = Growing(SpoolClass.Metrics);
            batch.Metrics.AddRange(points);
            batch.MetricCharacters += BatchDecisions.CharactersOf(points);
            Plan(batch, isUrgent: false, batch.Metrics.Count >= BatchDecisions.MostPoints || batch.MetricCharacters >= BatchDecisions.MostPointCharacters);
        }
    }

    /// <summary>Takes an event.</summary>
    internal void AddEvent(DeviceEvent one)
    {
        lock (_lock)
        {
            PendingBatch batch = Growing(SpoolClass.Events);
            batch.Events.Add(one);
            Plan(batch, isUrgent: false, batch.Events.Count >= BatchDecisions.MostEvents);
        }
    }

    /// <summary>Makes batches when they are due, until cancelled.</summary>
    internal async Task RunAsync(CancellationToken cancellation)
    {
        while (true)
        {
            await _due.WaitAsync(cancellation);
            while (!TrySpool())
            {
                await Task.Delay(s_retry, _time, cancellation);
            }
        }
    }

    /// <summary>Spools everything that is in memory; false when the store refused and some is left.</summary>
    internal bool TryFlush()
    {
        SealAll();
        return TrySpool();
    }

    /// <inheritdoc/>
    public void Dispose() => _timer.Dispose();

    /// <summary>Workloads complain, or VMs came, went or became another phase since the samples before.</summary>
    private bool IsUrgent(IReadOnlyList<VmSample> vms)
    {
        bool isUrgent = vms.Count != _phases.Count;
        foreach (VmSample vm in vms)
        {
            isUrgent |= vm.ErrorLines > 0 || !_phases.TryGetValue(vm.Name, out VmPhase before) || before != vm.Phase;
        }

        if (isUrgent)
        {
            _phases.Clear();
            foreach (VmSample vm in vms)
            {
                _phases[vm.Name] = vm.Phase;
            }
        }

        return isUrgent;
    }

    /// <summary>The batch that rows of a class go into now. One that is by another setting of the clock grows no more.</summary>
    private PendingBatch Growing(SpoolClass kind)
    {
        ClockReading now = _clock.Read();
        if (_growing[(int)kind] is PendingBatch batch && ClockDecisions.IsStep(batch.Began, now))
        {
            Seal(kind);
        }

        return _growing[(int)kind] ??= new PendingBatch(kind, now);
    }

    private void Plan(PendingBatch batch, bool isUrgent, bool isFull)
    {
        int kind = (int)batch.Class;
        TimeSpan wait = BatchDecisions.Wait(
            batch.Class, _spooledAt[kind] is long at ? _time.GetElapsedTime(at) : null, isUrgent, isFull);
        if (wait <= TimeSpan.Zero)
        {
            Seal(batch.Class);
        }
        else if (_waits[kind] is null)
        {
            _waits[kind] = (_time.GetTimestamp(), wait);
            Arm();
        }
    }

    /// <summary>Has the timer fire for the batch that is due next.</summary>
    private void Arm()
    {
        TimeSpan next = Timeout.InfiniteTimeSpan;
        foreach ((long Since, TimeSpan Wait)? wait in _waits)
        {
            if (wait is var (since, all))
            {
                TimeSpan left = all - _time.GetElapsedTime(since);
                left = left < TimeSpan.Zero ? TimeSpan.Zero : left;
                next = next == Timeout.InfiniteTimeSpan || left < next ? left : next;
            }
        }

        _timer.Change(next, Timeout.InfiniteTimeSpan);
    }

    private void SealDue()
    {
        lock (_lock)
        {
            for (int kind = 0; kind < Classes; kind++)
            {
                if (_waits[kind] is var (since, wait) && _time.GetElapsedTime(since) >= wait)
                {
                    Seal((SpoolClass)kind);
                }
            }

            Arm();
        }
    }

    private void SealAll()
    {
        lock (_lock)
        {
            for (int kind = 0; kind < Classes; kind++)
            {
                Seal((SpoolClass)kind);
            }
        }
    }

    private void Seal(SpoolClass kind)
    {
        if (_growing[(int)kind] is not PendingBatch batch)
        {
            return;
        }

        _growing[(int)kind] = null;
        _waits[(int)kind] = null;
        _spooledAt[(int)kind] = _time.GetTimestamp();
        _sealed.Add(batch);
        while (_sealed.Count > MostSealed)
        {
            PendingBatch least = _sealed.Where(one => one != _spooling).MinBy(static one => one.Class)!;
            _sealed.Remove(least);
            _lost += SpoolDecisions.LossOf(least.Class, least.Items);
            _counters.DroppedBatches.Increment();
        }

        _due.Set();
    }

    private bool TrySpool()
    {
        try
        {
            while (SpoolOne())
            {
            }

            _isRefused = false;
            return true;
        }
        catch (StoreException e)
        {
            _counters.StoreFaults.Increment();
            if (!_isRefused)
            {
                Log.SpoolFailed(_logger, e.Message, s_retry.TotalSeconds);
            }

            _isRefused = true;
            return false;
        }
    }

    /// <summary>Spools one batch; false when there was nothing.</summary>
    private bool SpoolOne()
    {
        PendingBatch batch;
        TelemetryLosses lost;
        lock (_lock)
        {
            if (_sealed.Count == 0)
            {
                return false;
            }

            // It counts among those that wait until the store has it: workloads are held back by what is in memory.
            batch = _spooling = _sealed[0];
            (lost, _lost) = (_lost, default);
        }

        long dropped;
        try
        {
            dropped = Append(batch, lost);
        }
        catch (StoreException)
        {
            lock (_lock)
            {
                _spooling = null;
                _lost += lost;
            }

            throw;
        }

        lock (_lock)
        {
            _sealed.Remove(batch);
            _spooling = null;
            _room?.TrySetResult();
            _room = null;
        }

        if (dropped > 0)
        {
            _counters.DroppedBatches.Increment(dropped);
            TellDropped(dropped);
        }

        Spooled?.Invoke();
        return true;
    }

    /// <summary>A device that is alone for a month drops batches all the time once its spool is full.</summary>
    private void TellDropped(long dropped)
    {
        _dropped += dropped;
        if (_toldAt is not long before || _time.GetElapsedTime(before) >= s_tellPeriod)
        {
            Log.SpoolDropped(_logger, _dropped);
            (_dropped, _toldAt) = (0, _time.GetTimestamp());
        }
    }

    /// <summary>Spools a batch; says how many were dropped for it.</summary>
    private long Append(PendingBatch batch, TelemetryLosses lost)
    {
        ClockReading now = _clock.Read();
        SpoolLimits limits = _limits with { OldestUnixMs = SpoolDecisions.OldestUnixMs(now.UnixMs, now.Quality, _limits.Age) };
        TelemetryLosses losses = _store.ReadSpoolUsage().Losses + lost;
        return _store.AppendBatch(batch.Encode(_sequence.Next(), _clock.KernelBootId, losses) with { LostBefore = lost }, limits);
    }
}
