using System.Text;
using Microsoft.Extensions.Logging;
using MicroVm.EdgeAgent.Diagnostics;
using MicroVm.EdgeAgent.Mqtt;
using MicroVm.EdgeAgent.Reconcile;
using MicroVm.EdgeAgent.Store;
using MicroVm.Shared.Contracts.Guest;
using MicroVm.Shared.Contracts.Reported;
using MicroVm.Shared.Contracts.Telemetry;

namespace MicroVm.EdgeAgent.Telemetry;

/// <summary>
/// Gathers samples and log lines into batches and puts these into the spool. A line is acknowledged to its guest when its
/// batch is durable; while the store is full or broken, guests wait instead of memory growing.
/// </summary>
internal sealed class TelemetryCollector : IDisposable
{
    /// <summary>Lines of one batch.</summary>
    internal const int BatchLines = 200;

    /// <summary>Bytes of one batch's lines.</summary>
    internal const int BatchBytes = 64 << 10;

    private const int BufferLines = 1000;
    private const int BufferBytes = 512 << 10;
    private const int BufferSamples = 64;
    private const int BufferEvents = 256;
    private const int LineOverheadBytes = 48;
    private const ulong LargestBelievedGap = 1_000_000;
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
    private readonly List<PendingLine> _lines = [];
    private readonly List<HostSample> _hosts = [];
    private readonly List<VmSample> _vms = [];
    private readonly List<DeviceEvent> _events = [];
    private int _bytes;
    private ulong _dropped;
    private TaskCompletionSource? _room;

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

    /// <summary>Raised for each line that was taken, under the collector's lock: handlers must be quick and call nothing of it.</summary>
    internal event Action<LogLine>? LineTaken;

    /// <summary>Takes a line unless it is a repeat; waits while the buffer is full.</summary>
    /// <returns>The last durable line of the source.</returns>
    internal async ValueTask<ulong> AddLineAsync(LogSource source, GuestLogLine line, CancellationToken cancellation)
    {
        while (true)
        {
            Task room;
            lock (_lock)
            {
                if (line.Sequence <= source.Taken)
                {
                    return source.Durable;
                }

                if (_lines.Count < BufferLines && _bytes < BufferBytes)
                {
                    Take(source, line);
                    return source.Durable;
                }

                room = (_room ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
            }

            await room.WaitAsync(cancellation);
        }
    }

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

    private void Take(LogSource source, GuestLogLine line)
    {
        ulong gap = line.Sequence - source.Taken - 1;
        if (gap > 0)
        {
            ulong believed = Math.Min(gap, LargestBelievedGap);
            _dropped += believed;
            _counters.DroppedLogLines.Increment((long)believed);
        }

        source.Taken = line.Sequence;
        int bytes = Encoding.UTF8.GetByteCount(line.Text) + LineOverheadBytes;
        LogLine taken = new(source.Vm, line.AtUnixNs, line.Stream, line.Text);
        _lines.Add(new PendingLine(source, line.Sequence, taken, bytes));
        _bytes += bytes;
        LineTaken?.Invoke(taken);
        if (_lines.Count >= BatchLines || _bytes >= BatchBytes)
        {
            _due.Set();
        }
        else if (_lines.Count == 1)
        {
            _timer.Change(s_lingering, Timeout.InfiniteTimeSpan);
        }
    }

    /// <summary>Spools one batch; false when there was nothing.</summary>
    private bool FlushOne()
    {
        TelemetryBatch batch;
        int lineCount;
        lock (_lock)
        {
            lineCount = CountBatchLines();
            if (lineCount == 0 && _hosts.Count == 0 && _events.Count == 0)
            {
                return false;
            }

            batch = new TelemetryBatch
            {
                Header = _sequence.Next(),
                Hosts = [.. _hosts],
                Vms = [.. _vms],
                Logs = [.. _lines.Take(lineCount).Select(line => line.Line)],
                DroppedLogLines = _dropped,
                Events = [.. _events],
            };
        }

        Dictionary<LogSource, ulong> reached = ReachedBy(lineCount);
        UplinkHeader header = batch.Header;
        SpoolEviction eviction = _store.AppendBatch(
            new SpooledBatch(0, header.BootId, header.Sequence, (ulong)lineCount + batch.DroppedLogLines, batch.Encode()),
            [.. reached.Select(pair => new LogPosition(pair.Key.Vm, pair.Key.RunId, pair.Value))],
            _limits);
        Settle(batch, lineCount, reached, eviction);
        return true;
    }

    private int CountBatchLines()
    {
        int count = 0, bytes = 0;
        while (count < _lines.Count && count < BatchLines && bytes < BatchBytes)
        {
            bytes += _lines[count++].Bytes;
        }

        return count;
    }

    /// <summary>The last line of each source among the first ones. Only the flushing loop removes lines, so they stay in place.</summary>
    private Dictionary<LogSource, ulong> ReachedBy(int lineCount)
    {
        Dictionary<LogSource, ulong> reached = [];
        lock (_lock)
        {
            for (int i = 0; i < lineCount; i++)
            {
                reached[_lines[i].Source] = _lines[i].Sequence;
            }
        }

        return reached;
    }

    private void Settle(TelemetryBatch batch, int lineCount, Dictionary<LogSource, ulong> reached, SpoolEviction eviction)
    {
        lock (_lock)
        {
            for (int i = 0; i < lineCount; i++)
            {
                _bytes -= _lines[i].Bytes;
            }

            _lines.RemoveRange(0, lineCount);
            _hosts.RemoveRange(0, Math.Min(batch.Hosts.Count, _hosts.Count));
            _vms.RemoveRange(0, Math.Min(batch.Vms.Count, _vms.Count));
            _events.RemoveAll(one => batch.Events.Contains(one));
            _dropped = _dropped - batch.DroppedLogLines + eviction.LogLines;
            _room?.TrySetResult();
            _room = null;
            foreach ((LogSource source, ulong sequence) in reached)
            {
                source.Durable = sequence;
            }
        }

        foreach ((LogSource source, ulong sequence) in reached)
        {
            source.Acknowledge?.Invoke(sequence);
        }

        NoteEviction(eviction);
        Spooled?.Invoke();
    }

    private void NoteEviction(SpoolEviction eviction)
    {
        if (eviction.Batches > 0)
        {
            _counters.DroppedBatches.Increment(eviction.Batches);
            _counters.DroppedLogLines.Increment((long)eviction.LogLines);
            Log.SpoolDropped(_logger, eviction.Batches, eviction.LogLines);
        }
    }
}
