using MicroVm.Vmm.Guest.Interop;

namespace MicroVm.Vmm.Guest.Workload;

/// <summary>Signals to all processes of one group.</summary>
internal static class ProcessGroup
{
    /// <summary>Signals the group that <paramref name="pid"/> leads; before the exec stage has its own group there is only the process.</summary>
    internal static void Signal(int pid, int signal)
    {
        if (Libc.kill(-pid, signal) != 0)
        {
            _ = Libc.kill(pid, signal);
        }
    }
}
