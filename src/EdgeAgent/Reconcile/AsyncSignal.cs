namespace MicroVm.EdgeAgent.Reconcile;

/// <summary>Wakes one waiting loop. Signals that come while nobody waits merge into one and are not lost.</summary>
internal sealed class AsyncSignal
{
    private readonly Lock _lock = new();
    private TaskCompletionSource? _waiter;
    private bool _set;

    /// <summary>Wakes the loop now, or makes its next wait end at once.</summary>
    internal void Set()
    {
        lock (_lock)
        {
            if (_waiter is null)
            {
                _set = true;
                return;
            }

            _waiter.TrySetResult();
            _waiter = null;
        }
    }

    /// <summary>Waits for a signal.</summary>
    internal Task WaitAsync(CancellationToken cancellation) => WaitAsync(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellation);

    /// <summary>Waits for a signal or until a time has passed; true when it was a signal.</summary>
    internal async Task<bool> WaitAsync(TimeSpan limit, TimeProvider time, CancellationToken cancellation)
    {
        TaskCompletionSource waiter;
        lock (_lock)
        {
            if (_set)
            {
                _set = false;
                return true;
            }

            _waiter = waiter = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        try
        {
            await waiter.Task.WaitAsync(limit, time, cancellation);
            return true;
        }
        catch (TimeoutException)
        {
            return !Withdraw(waiter);
        }
    }

    /// <summary>False when a signal took the waiter in the meantime.</summary>
    private bool Withdraw(TaskCompletionSource waiter)
    {
        lock (_lock)
        {
            bool mine = _waiter == waiter;
            _waiter = mine ? null : _waiter;
            return mine;
        }
    }
}
