using MicroVm.EdgeAgent.Reconcile;
using MicroVm.Shared.Identity;

namespace MicroVm.EdgeAgent.Vms;

/// <summary>Failures in a row to fetch one image. Another image begins anew.</summary>
internal sealed class FetchFailures
{
    private Digest _digest;
    private int _count;
    private DateTimeOffset _notBefore;

    /// <summary>When an image may be fetched again; null when at once.</summary>
    internal DateTimeOffset? NotBefore(Digest digest) => digest == _digest && _count > 0 ? _notBefore : null;

    /// <summary>Counts a failure and says how long to wait.</summary>
    /// <param name="digest">The image.</param>
    /// <param name="now">The device's clock.</param>
    /// <param name="fraction">A random number from 0 to 1, as <see cref="BackOff.Delay"/> takes it.</param>
    internal TimeSpan Add(Digest digest, DateTimeOffset now, double fraction)
    {
        _count = digest == _digest ? _count + 1 : 1;
        _digest = digest;
        TimeSpan delay = BackOff.Delay(_count, fraction);
        _notBefore = now + delay;
        return delay;
    }

    /// <summary>Forgets the failures.</summary>
    internal void Clear() => _count = 0;
}
