using MicroVm.Shared.Identity;

namespace MicroVm.EdgeAgent.Reconcile;

/// <summary>Proves that the queue still gets work done: a key that is no VM's goes through it like any other.</summary>
/// <param name="work">The work of real keys.</param>
internal sealed class ReconcileProbe(Func<ResourceName, CancellationToken, Task<ReconcileResult>> work)
{
    private volatile TaskCompletionSource? _asked;

    /// <summary>The queue's work.</summary>
    internal Task<ReconcileResult> ReconcileAsync(ResourceName name, CancellationToken interrupt)
    {
        if (name != default)
        {
            return work(name, interrupt);
        }

        _asked?.TrySetResult();
        return Task.FromResult(ReconcileResult.Done);
    }

    /// <summary>Completes when the queue has got to the key.</summary>
    internal Task ProveAsync(ReconcileQueue<ResourceName> queue)
    {
        TaskCompletionSource asked = new(TaskCreationOptions.RunContinuationsAsynchronously);
        _asked = asked;
        queue.Enqueue(default);
        return asked.Task;
    }
}
