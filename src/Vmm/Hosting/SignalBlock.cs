using System.Runtime.CompilerServices;
using MicroVm.Vmm.Diagnostics;
using MicroVm.Vmm.Interop.Linux;

namespace MicroVm.Vmm.Hosting;

/// <summary>
/// Blocks the signals that are taken from a signalfd, in every thread. Threads made later inherit that; the runtime's finalizer
/// thread, which exists before Main, has to block them itself, or the kernel would deliver them there and end the process.
/// </summary>
internal static unsafe class SignalBlock
{
    private const int Block = 0;
    private const nint Ignore = 1;

    private static int s_failure;

    /// <summary>The signals that ask this process to stop.</summary>
    internal static SignalSet StopSignals()
    {
        SignalSet set = default;
        set.Add(SignalNumber.Terminate);
        set.Add(SignalNumber.Interrupt);
        return set;
    }

    /// <exception cref="VmmFaultException">A thread's mask could not be set.</exception>
    internal static void BlockInAllThreads()
    {
        // A closed pipe or socket is an errno here, not the end of the process.
        _ = Libc.signal(SignalNumber.Pipe, Ignore);
        BlockInThisThread();
        LeaveFinalizable();
        GC.Collect();
        GC.WaitForPendingFinalizers();
        if (s_failure != 0)
        {
            OsFaultException cause = new("pthread_sigmask", null, s_failure);
            throw new VmmFaultException(ExitCode.HostCallFailed, cause.Message, cause);
        }
    }

    // Apart, so that no register or stack slot of the caller still holds the object when it is collected.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void LeaveFinalizable() => _ = new FinalizerThreadVisitor();

    private static void BlockInThisThread()
    {
        SignalSet set = StopSignals();
        set.Add(SignalNumber.VcpuKick);
        // SAFETY: the call reads the set and keeps no pointer.
        int error = Libc.pthread_sigmask(Block, &set, null);
        if (error != 0)
        {
            s_failure = error;
        }
    }

    private sealed class FinalizerThreadVisitor
    {
        ~FinalizerThreadVisitor() => BlockInThisThread();
    }
}
