using MicroVm.Vmm.Guest.Interop;

namespace MicroVm.Vmm.Guest.Supervision;

/// <summary>waitpid(2) and the status word of <c>&lt;sys/wait.h&gt;</c>.</summary>
internal static unsafe class ChildStatus
{
    private const int NoHang = 1;
    private const int SignalBase = 128;

    /// <summary>Takes one child that ended; false when there is none.</summary>
    internal static bool TakeEnded(out int pid, out int exitCode)
    {
        int status = 0;
        // SAFETY: the kernel writes one int.
        pid = Libc.waitpid(-1, &status, NoHang);
        exitCode = ExitCodeOf(status);
        return pid > 0;
    }

    /// <summary>The exit code, or 128 + the signal that ended the process.</summary>
    internal static int ExitCodeOf(int status) => (status & 0x7F) == 0 ? (status >> 8) & 0xFF : SignalBase + (status & 0x7F);
}
