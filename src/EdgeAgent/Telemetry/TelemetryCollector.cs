using Microsoft.Extensions.Logging;
using MicroVm.EdgeAgent.Diagnostics;
using MicroVm.EdgeAgent.Mqtt;
using MicroVm.EdgeAgent.Reconcile;
using MicroVm.EdgeAgent.Store;
using MicroVm.Shared.Contracts.Reported;
using MicroVm.Shared.Contracts.Telemetry;

namespace MicroVm.EdgeAgent.Telemetry;

/// <summary>
/// Gathers samples and events into batches and puts these into the spool. While the store is broken, the newest are kept.
/// </summary>
internal sealed class TelemetryCollector : IDisposable
{
    private const int BufferSamples = 64;
    private const int BufferEvents = 256;
    private static readonly TimeSpan s_lingering = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan s_retry = TimeSpan.FromSeconds(1);

    private readonly IAgentStore _store;
    private readonly SpoolLimits _limits;
    private readonly UplinkSequence _sequence;
    private readonly AgentCounters _counters;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly Lock _lock = new();
    private readonly AsyncSignal _due = new();
    private readonly ITimer _timer;
    private readonly List<HostSample> _hosts = [];
    private readonly List<VmSample> _vms = [];
    private readonly List<DeviceEvent> _events = [];

    internal TelemetryCollector(
        IAgentStore store, SpoolLimits limits, UplinkSequence sequence, AgentCounters counters, TimeProvider time, ILogger logger)
    {
        _store = store;
        _limits = limits;
        _sequence = sequence;
        _counters = counters;
        _time = time;
        _logger = logger;
        _timer = time.CreateTimer(_ => _due.Set(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Raised after a batch was spooled.</summary>
    internal event Action? Spooled;

    /// <summary>Takes samples; they go into the next batch, which is made at once.</summary>
    internal void AddSamples(HostSample host, IReadOnlyList<VmSample> vms)
    {
        lock (_lock)
        {
            if (_hosts.Count >= BufferSamples)
            {
                // The store has refused for minutes: the newest samples are worth more than the oldest.
                _hosts.Clear();
                _vms.Clear();
            }

            _hosts.Add(host);
            _vms.AddRange(vms);
        }

        _due.Set();
    }

    /// <summary>Takes an event; it is spooled soon.</summary>
    internal void AddEvent(DeviceEvent one)
    {
        lock (_lock)
        {
            if (_events.Count >= BufferEvents)
            {
                // The store has refused for a long time: the newest events are worth more than the oldest.
                _events.RemoveAt(0);
            }

            _events.Add(one);
            if (_events.Count == 1)
            {
                _timer.Change(s_lingering, Timeout.InfiniteTimeSpan);
            }
        }
    }

    /// <summary>Makes batches when they are due, until cancelled.</summary>
    internal async Task RunAsync(CancellationToken cancellation)
    {
        while (true)
        {
            await _due.WaitAsync(cancellation);
            while (!TryFlush())
            {
                await Task.Delay(s_retry, _time, cancellation);
            }
        }
    }

    /// <summary>Spools everything that is in memory; false when the store refused and some is left.</summary>
    internal bool TryFlush()
    {
        try
        {
            while (FlushOne())
            {
            }

            return true;
        }
        catch (StoreException e)
        {
            _counters.StoreFaults.Increment();
            Log.SpoolFailed(_logger, e.Message, s_retry.TotalSeconds);
            return false;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _timer.Dispose();

    /// <summary>Spools one batch; false when there was nothing.</summary>
    private bool FlushOne()
    {
        TelemetryBatch batch;
        lock (_lock)
        {
            if (_hosts.Count == 0 && _events.Count == 0)
            {
                return false;
            }

            batch = new TelemetryBatch
            {
                Header = _sequence.Next(),
                Hosts = [.. _hosts],
                Vms = [.. _vms],
                Events = [.. _events],
            };
        }

        UplinkHeader header = batch.Header;
        long dropped = _store.AppendBatch(new SpooledBatch(0, header.BootId, header.Sequence, batch.Encode()), _limits);
        lock (_lock)
        {
            _hosts.RemoveRange(0, Math.Min(batch.Hosts.Count, _hosts.Count));
            _vms.RemoveRange(0, Math.Min(batch.Vms.Count, _vms.Count));
            _events.RemoveAll(one => batch.Events.Contains(one));
        }

        if (dropped > 0)
        {
            _counters.DroppedBatches.Increment(dropped);
            Log.SpoolDropped(_logger, dropped);
        }

        Spooled?.Invoke();
        return true;
    }
}
