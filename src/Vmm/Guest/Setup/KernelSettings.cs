using System.Text;
using MicroVm.Vmm.Guest.Interop;
using MicroVm.Vmm.Guest.Vitals;

namespace MicroVm.Vmm.Guest.Setup;

/// <summary>Files of <c>/proc/sys</c> and of the kernel's parameters.</summary>
internal static class KernelSettings
{
    private const ulong SmallGuestKib = 64 << 10, LargeGuestKib = 1 << 20;

    /// <summary>As container engines set them: no port needs a privilege, and everybody may ping.</summary>
    internal static void ApplyDefaults()
    {
        TryWrite("/proc/sys/net/ipv4/ip_unprivileged_port_start", "0");
        TryWrite("/proc/sys/net/ipv4/ping_group_range", "0 2147483647");
        ulong memoryKib = ProcText.Number(ProcText.Read("/proc/meminfo"), "MemTotal:"u8);
        if (memoryKib < LargeGuestKib)
        {
            // Free memory is told to the host in pieces of 128 KiB. By itself a kernel tells pieces of 2 or 4 MiB, of which a small
            // guest has few, and only while 64 or 128 MiB of them are free.
            TryWrite("/sys/module/page_reporting/parameters/page_reporting_order", "5");
        }

        if (memoryKib < SmallGuestKib)
        {
            // The kernel keeps three times this from everybody; by itself it would take more than twice as much of a guest of 32 MiB.
            TryWrite("/proc/sys/vm/min_free_kbytes", "256");
        }
    }

    /// <summary>Writes a setting; a kernel without it goes without.</summary>
    internal static void TryWrite(string path, string value)
    {
        int fd = Libc.open(path, Fd.WriteOnly | Fd.CloseOnExec, 0);
        if (fd >= 0)
        {
            Fd.WriteOnce(fd, Encoding.ASCII.GetBytes(value));
            _ = Libc.close(fd);
        }
    }
}
