using MicroVm.Vmm.Diagnostics;
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
    private volatile bool _guestPanicked;

    /// <summary>True as soon as there is an outcome; vCPU threads leave their loop on it.</summary>
    internal bool IsEnding => _isEnding;

    /// <summary>How it ended; only after the loop has stopped.</summary>
    internal VmOutcome Outcome => _outcome ?? throw new InvalidOperationException("the VM has not ended");

    /// <summary>The guest said that its kernel crashed: a reset or power-off that follows is the end of a crash. Any thread.</summary>
    internal void NoteGuestPanic() => _guestPanicked = true;

    /// <summary>Ends the VM. Any thread.</summary>
    internal void End(VmOutcome outcome)
    {
        if (_guestPanicked && outcome.Code == ExitCode.Ok)
        {
            outcome = new VmOutcome(ExitCode.GuestCrashed, $"guest panicked, then: {outcome.Message}");
        }

        lock (_lock)
        {
            _outcome ??= outcome;
        }

        _isEnding = true;
        loop.Stop();
    }
}
