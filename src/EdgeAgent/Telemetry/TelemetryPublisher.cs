using Microsoft.Extensions.Logging;
using MicroVm.EdgeAgent.Diagnostics;
using MicroVm.EdgeAgent.Mqtt;
using MicroVm.EdgeAgent.Reconcile;
using MicroVm.EdgeAgent.Store;
using MicroVm.EdgeAgent.Telemetry.Clocks;
using MicroVm.Shared.Contracts.Commands;
using MicroVm.Shared.Contracts.Telemetry;
using MicroVm.Shared.Topics;

namespace MicroVm.EdgeAgent.Telemetry;

/// <summary>
/// Publishes the spool, oldest batch first, a few at a time, and removes what the control plane says it has. A batch is
/// sent again on a new connection, when its acknowledgement stays out, or some time after it was not taken.
/// </summary>
internal sealed class TelemetryPublisher(
    IAgentStore store, IUplink uplink, BootTimeKeeper boots, AgentCounters counters, TimeProvider time, ILogger logger)
{
    /// <summary>Batches that may be published and not acknowledged.</summary>
    internal const int Window = 8;

    private static readonly TimeSpan s_ackLimit = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan s_retry = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private readonly AsyncSignal _work = new();
    private readonly Dictionary<(Guid, ulong), long> _sentAt = [];
    private long? _notTakenAt;
    private long _lastSentId;

    /// <summary>A new connection: everything that is not acknowledged is to be sent.</summary>
    internal void OnConnected()
    {
        Rewind();
        _work.Set();
    }

    /// <summary>The spool has a new batch.</summary>
    internal void OnSpooled() => _work.Set();

    /// <summary>The control plane has a batch.</summary>
    internal void OnAck(Ack ack) => Remove(ack.BootId, ack.Sequence, isLost: false);

    /// <summary>Publishes for ever, until cancelled.</summary>
    internal async Task RunAsync(CancellationToken cancellation)
    {
        while (true)
        {
            await _work.WaitAsync(UntilOverdue(), time, cancellation);
            if (UntilOverdue() == TimeSpan.Zero)
            {
                Log.AckOverdue(logger, s_ackLimit.TotalSeconds);
                Rewind();
            }

            try
            {
                await PublishAsync(cancellation);
            }
            catch (StoreException e)
            {
                counters.StoreFaults.Increment();
                Log.SpoolFailed(logger, e.Message, s_retry.TotalSeconds);
                await Task.Delay(s_retry, time, cancellation);
                _work.Set();
            }
        }
    }

    private async Task PublishAsync(CancellationToken cancellation)
    {
        while (true)
        {
            long after = Interlocked.Read(ref _lastSentId);
            IReadOnlyList<SpooledBatch> batches = store.ReadBatches(after, Window - CountInFlight());
            if (batches.Count == 0)
            {
                return;
            }

            foreach (SpooledBatch batch in batches)
            {
                if (!await TrySendAsync(batch, after, cancellation))
                {
                    return;
                }

                after = batch.Id;
            }
        }
    }

    private async Task<bool> TrySendAsync(SpooledBatch batch, long after, CancellationToken cancellation)
    {
        lock (_lock)
        {
            if (_lastSentId != after)
            {
                // A new connection came in between: begin again from the oldest.
                _work.Set();
                return false;
            }

            _lastSentId = batch.Id;
            // Before it is published: the acknowledgement may be faster than the publish's own return.
            _sentAt[(batch.BootId, batch.Sequence)] = time.GetTimestamp();
            _notTakenAt = null;
        }

        switch (await uplink.PublishAsync(UplinkKind.Telemetry, TelemetryBatch.AddStamp(batch.Payload, boots.Stamp(batch)), cancellation))
        {
            case PublishOutcome.Delivered:
                return true;
            case PublishOutcome.Refused:
                // Kept, it would be sent for ever and hold up everything behind it.
                counters.RefusedBatches.Increment();
                Log.BatchRefused(logger, batch.BootId, batch.Sequence);
                Remove(batch.BootId, batch.Sequence, isLost: true);
                return true;
            default:
                break;
        }

        lock (_lock)
        {
            _sentAt.Remove((batch.BootId, batch.Sequence));
            _lastSentId = _lastSentId == batch.Id ? after : _lastSentId;
            _notTakenAt = time.GetTimestamp();
        }

        return false;
    }

    private void Remove(Guid bootId, ulong sequence, bool isLost)
    {
        try
        {
            store.RemoveBatch(bootId, sequence, isLost);
        }
        catch (StoreException e)
        {
            // It stays in the spool, is sent again and acknowledged again.
            counters.StoreFaults.Increment();
            Log.SpoolFailed(logger, e.Message, s_ackLimit.TotalSeconds);
        }

        lock (_lock)
        {
            _sentAt.Remove((bootId, sequence));
        }

        _work.Set();
    }

    /// <summary>How long to wait until what is not acknowledged, or was not taken, is sent again; whatever is signalled meanwhile.</summary>
    private TimeSpan UntilOverdue()
    {
        lock (_lock)
        {
            if (_notTakenAt is null && _sentAt.Count == 0)
            {
                return Timeout.InfiniteTimeSpan;
            }

            long oldest = _sentAt.Values.Append(_notTakenAt ?? long.MaxValue).Min();
            TimeSpan left = s_ackLimit - time.GetElapsedTime(oldest);
            return left > TimeSpan.Zero ? left : TimeSpan.Zero;
        }
    }

    private int CountInFlight()
    {
        lock (_lock)
        {
            return _sentAt.Count;
        }
    }

    private void Rewind()
    {
        lock (_lock)
        {
            _sentAt.Clear();
            _notTakenAt = null;
            _lastSentId = 0;
        }
    }
}
