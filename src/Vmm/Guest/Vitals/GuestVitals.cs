using MicroVm.Shared.Contracts.Guest;
using MicroVm.Vmm.Guest.Interop;

namespace MicroVm.Vmm.Guest.Vitals;

/// <summary>How the guest is from inside.</summary>
internal static unsafe class GuestVitals
{
    private const int BytesPerKib = 1024;

    /// <summary>Processes that the kernel killed for want of memory since it started.</summary>
    internal static ulong OutOfMemoryKills() => ProcText.Number(ProcText.Read("/proc/vmstat"), "oom_kill "u8);

    /// <summary>Takes a sample.</summary>
    internal static GuestMetrics Sample(IReadOnlyList<GuestVolume> volumes)
    {
        ulong kills = OutOfMemoryKills();
        int load = ProcText.Permille(ProcText.Read("/proc/loadavg"));
        ReadOnlySpan<byte> memory = ProcText.Read("/proc/meminfo");
        ulong total = ProcText.Number(memory, "MemTotal:"u8) * BytesPerKib;
        ulong available = ProcText.Number(memory, "MemAvailable:"u8) * BytesPerKib;
        ulong diskTotal = 0, diskUsed = 0;
        foreach (GuestVolume volume in volumes)
        {
            FileSystemStatus status;
            // SAFETY: the kernel writes at most one structure.
            if (Libc.statfs(volume.Path, &status) == 0)
            {
                diskTotal += status.Blocks * (ulong)status.BlockSize;
                diskUsed += (status.Blocks - status.BlocksFree) * (ulong)status.BlockSize;
            }
        }

        return new GuestMetrics(total, available, load, diskTotal, diskUsed, kills);
    }
}
