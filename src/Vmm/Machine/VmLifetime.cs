using MicroVm.Vmm.EventLoop;

namespace MicroVm.Vmm.Machine;

/// <summary>
/// The end of the VM, which happens once: the first outcome counts, whichever thread brings it, and stops the event loop.
/// </summary>
internal sealed class VmLifetime(EpollLoop loop)
{
    private readonly Lock _lock = new();
    private VmOutcome? _outcome;
    private volatile bool _isEnding;

    /// <summary>True as soon as there is an outcome; vCPU threads leave their loop on it.</summary>
    internal bool IsEnding => _isEnding;

    /// <summary>How it ended; only after the loop has stopped.</summary>
    internal VmOutcome Outcome => _outcome ?? throw new InvalidOperationException("the VM has not ended");

    /// <summary>Ends the VM. Any thread.</summary>
    internal void End(VmOutcome outcome)
    {
        lock (_lock)
        {
            _outcome ??= outcome;
        }

        _isEnding = true;
        loop.Stop();
    }
}
