using MicroVm.Vmm.Guest.Interop;

namespace MicroVm.Vmm.Guest.Supervision;

/// <summary>
/// Signals as a descriptor. They have to be blocked in every thread, those of the runtime included: a mask outlives execve and
/// is inherited by threads, so the first start blocks them and starts the program once more.
/// </summary>
internal static unsafe class SignalSource
{
    internal const int Interrupt = 2;
    internal const int Terminate = 15;
    internal const int Child = 17;
    internal const int PowerFailure = 30;

    private const int Block = 0;
    private const int NonBlockCloseOnExec = 0x800 | 0x80000;

    private static SignalSet Handled => SignalSet.Of(Interrupt, Terminate, Child, PowerFailure);

    /// <summary>Whether this process was started with the signals blocked.</summary>
    internal static bool AreBlocked()
    {
        SignalSet current;
        // SAFETY: the C library writes one set.
        _ = Libc.sigprocmask(Block, null, &current);
        return current.Contains(Child);
    }

    /// <summary>Blocks the signals in the calling thread.</summary>
    internal static void BlockAll()
    {
        SignalSet set = Handled;
        // SAFETY: the C library copies the set during the call.
        _ = Libc.sigprocmask(Block, &set, null);
    }

    /// <summary>A non-blocking signalfd(2).</summary>
    internal static int Open()
    {
        SignalSet set = Handled;
        // SAFETY: the kernel copies the set during the call.
        return OsFaultException.Check(Libc.signalfd(-1, &set, NonBlockCloseOnExec), "signalfd", "init");
    }

    /// <summary>The next signal that came; 0 when there is none.</summary>
    internal static int Take(int fd)
    {
        SignalInfo info;
        // SAFETY: one structure of the stack, the size signalfd writes.
        int count = Fd.Read(fd, new Span<byte>(&info, sizeof(SignalInfo)), "signalfd");
        return count == sizeof(SignalInfo) ? (int)info.Number : 0;
    }
}
