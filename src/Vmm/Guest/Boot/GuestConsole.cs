using System.Text;
using MicroVm.Vmm.Guest.Interop;

namespace MicroVm.Vmm.Guest.Boot;

/// <summary>The kernel's console, for the few lines that init itself has to say. A guest without a console loses them.</summary>
internal static class GuestConsole
{
    private static int s_fd = 2;

    /// <summary>Opens <c>/dev/console</c> anew, after a devtmpfs was mounted.</summary>
    internal static void Reopen()
    {
        int fd = Libc.open("/dev/console", Fd.WriteOnly | Fd.NoControllingTty | Fd.CloseOnExec, 0);
        s_fd = fd >= 0 ? fd : s_fd;
    }

    /// <summary>Writes one line with the program's name in front.</summary>
    internal static void WriteLine(string text) => Fd.WriteOnce(s_fd, Encoding.UTF8.GetBytes($"microvm-init: {text}\r\n"));
}
