namespace MicroVm.EdgeAgent.Reconcile;

/// <summary>What the queue knows of one key. Guarded by the queue's lock.</summary>
internal sealed class ReconcileSlot
{
    /// <summary>A worker is on the key.</summary>
    internal bool Running { get; set; }

    /// <summary>The key was queued while its worker was on it.</summary>
    internal bool QueuedAgain { get; set; }

    /// <summary>Exceptions in a row.</summary>
    internal int Faults { get; set; }

    /// <summary>Queues the key later; null when nothing is due.</summary>
    internal ITimer? Timer { get; set; }

    /// <summary>Ends what the worker waits for. Never disposed, so that it may be cancelled outside the lock; it holds no timer.</summary>
    internal CancellationTokenSource? Interrupt { get; set; }

    /// <summary>Ties <see cref="Interrupt"/> to the queue's own end.</summary>
    internal CancellationTokenRegistration StoppingLink { get; set; }

    /// <summary>Forgets the pending timer.</summary>
    internal void CancelTimer()
    {
        Timer?.Dispose();
        Timer = null;
    }
}
