using Microsoft.Extensions.Logging;
using MicroVm.EdgeAgent.Diagnostics;

namespace MicroVm.EdgeAgent.Reconcile;

/// <summary>
/// Runs one kind of work for keys. Equal keys merge while they wait; one key has one worker at a time; a key that is
/// queued while its worker runs is run once more afterwards. Work that throws is tried again with back-off.
/// </summary>
internal sealed class ReconcileQueue<TKey>(
    Func<TKey, CancellationToken, Task<ReconcileResult>> work,
    TimeProvider time,
    AgentCounters counters,
    ILogger logger) : IAsyncDisposable
    where TKey : notnull
{
    private readonly Lock _lock = new();
    private readonly Dictionary<TKey, ReconcileSlot> _slots = [];
    private readonly CancellationTokenSource _stopping = new();
    private TaskCompletionSource? _idle;
    private int _running;

    /// <summary>Makes sure that the key is looked at after this call.</summary>
    internal void Enqueue(TKey key)
    {
        lock (_lock)
        {
            if (_stopping.IsCancellationRequested)
            {
                return;
            }

            ReconcileSlot slot = SlotOf(key);
            slot.CancelTimer();
            if (slot.Running)
            {
                slot.QueuedAgain = true;
                return;
            }

            Launch(key, slot);
        }
    }

    /// <summary>Queues the key and ends what its worker waits for, because that may be out of date.</summary>
    internal void Interrupt(TKey key)
    {
        CancellationTokenSource? current;
        lock (_lock)
        {
            current = _slots.TryGetValue(key, out ReconcileSlot? slot) ? slot.Interrupt : null;
        }

        Enqueue(key);
        current?.Cancel();
    }

    /// <summary>Completes when no worker runs; pending retries do not count.</summary>
    internal Task WhenIdle()
    {
        lock (_lock)
        {
            if (_running == 0)
            {
                return Task.CompletedTask;
            }

            _idle ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return _idle.Task;
        }
    }

    /// <summary>Takes no more keys, interrupts the workers and waits for them.</summary>
    public async ValueTask DisposeAsync()
    {
        lock (_lock)
        {
            foreach (ReconcileSlot slot in _slots.Values)
            {
                slot.CancelTimer();
            }
        }

        await _stopping.CancelAsync();
        await WhenIdle();
        _stopping.Dispose();
    }

    private void Launch(TKey key, ReconcileSlot slot)
    {
        slot.Running = true;
        CancellationTokenSource source = new();
        slot.Interrupt = source;
        slot.StoppingLink = _stopping.Token.UnsafeRegister(static state => ((CancellationTokenSource)state!).Cancel(), source);
        _running++;
        CancellationToken interrupt = source.Token;
        _ = Task.Run(() => RunAsync(key, slot, interrupt), CancellationToken.None);
    }

    private async Task RunAsync(TKey key, ReconcileSlot slot, CancellationToken interrupt)
    {
        TimeSpan? retry;
        try
        {
            counters.ReconcilePasses.Increment();
            ReconcileResult result = await work(key, interrupt);
            slot.Faults = 0;
            retry = result.RetryDelay;
            if (result.Failure is not null)
            {
                Log.ReconcileFailed(logger, $"{key}", result.Failure);
            }
        }
        catch (OperationCanceledException) when (interrupt.IsCancellationRequested)
        {
            retry = null;
        }
        catch (Exception e)
        {
            counters.ReconcileFaults.Increment();
            retry = BackOff.Delay(++slot.Faults, Random.Shared.NextDouble());
            Log.ReconcileFaulted(logger, $"{key}", e.GetType().Name, e.Message, retry.Value.TotalSeconds);
        }

        Finish(key, slot, retry);
    }

    private void Finish(TKey key, ReconcileSlot slot, TimeSpan? retry)
    {
        lock (_lock)
        {
            slot.Running = false;
            slot.StoppingLink.Unregister();
            slot.Interrupt = null;
            _running--;
            if (slot.QueuedAgain && !_stopping.IsCancellationRequested)
            {
                slot.QueuedAgain = false;
                Launch(key, slot);
            }
            else if (retry is TimeSpan delay && !_stopping.IsCancellationRequested)
            {
                slot.Timer = time.CreateTimer(_ => Enqueue(key), null, delay, Timeout.InfiniteTimeSpan);
            }
            else if (slot.Timer is null)
            {
                _slots.Remove(key);
            }

            if (_running == 0)
            {
                _idle?.TrySetResult();
                _idle = null;
            }
        }
    }

    private ReconcileSlot SlotOf(TKey key)
    {
        if (!_slots.TryGetValue(key, out ReconcileSlot? slot))
        {
            _slots.Add(key, slot = new ReconcileSlot());
        }

        return slot;
    }
}
