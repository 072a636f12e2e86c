using System.Runtime.InteropServices;
using System.Text;
using MicroVm.Vmm.Guest.Interop;

namespace MicroVm.Vmm.Guest.Boot;

/// <summary>Loads the modules of the initramfs: <see cref="ListPath"/> names one file per line, dependencies first.</summary>
internal static class KernelModules
{
    /// <summary>The list, made together with the initramfs.</summary>
    internal const string ListPath = "/etc/modules-load.list";

    /// <summary>Longest list.</summary>
    internal const int ListLimitBytes = 64 << 10;

    /// <summary>Paths in the order of loading: blank lines and lines that start with <c>#</c> are skipped.</summary>
    internal static IEnumerable<string> ParseList(string text) =>
        text.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Where(line => line[0] != '#');

    /// <summary>
    /// Loads every listed module and removes its file, which gives its memory back. A module that does not load is one line on
    /// the console: what really needs it says later what is missing.
    /// </summary>
    internal static void LoadAll()
    {
        byte[] list = Fd.ReadFile(ListPath, ListLimitBytes) ?? [];
        foreach (string path in ParseList(Encoding.UTF8.GetString(list)))
        {
            int fd = Libc.open(path, Fd.ReadOnly | Fd.CloseOnExec, 0);
            if (fd < 0)
            {
                GuestConsole.WriteLine(OsFaultException.FromLastError("open", path).Message);
                continue;
            }

            Load(path, fd);
            _ = Libc.close(fd);
            _ = Libc.unlink(path);
        }
    }

    /// <summary>Loads one module from its open file.</summary>
    internal static unsafe void Load(string path, int fd)
    {
        byte noParameters = 0;
        // SAFETY: the third argument is an empty C string; the call only reads it.
        if (Libc.syscall(SystemCalls.FinitModule, fd, (nint)(&noParameters), 0) != 0
            && Marshal.GetLastPInvokeError() != Errno.Exists)
        {
            GuestConsole.WriteLine(OsFaultException.FromLastError("finit_module", path).Message);
        }
    }
}
