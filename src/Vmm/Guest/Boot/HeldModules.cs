using System.Text;
using MicroVm.Vmm.Guest.Interop;

namespace MicroVm.Vmm.Guest.Boot;

/// <summary>
/// Modules of the initramfs that only some guests need: opened and unlinked before the root is left behind, loaded when the
/// configuration asks, and gone from memory either way.
/// </summary>
internal sealed class HeldModules
{
    /// <summary>What a network needs, dependencies first; made together with the initramfs.</summary>
    internal const string NetworkListPath = "/etc/modules-network.list";

    private readonly List<(string Path, int Fd)> _modules = [];

    /// <summary>Opens what a list names; without the list, as in kernels that have everything built in, nothing.</summary>
    internal static HeldModules Open(string listPath)
    {
        HeldModules held = new();
        byte[] list = Fd.ReadFile(listPath, KernelModules.ListLimitBytes) ?? [];
        foreach (string path in KernelModules.ParseList(Encoding.UTF8.GetString(list)))
        {
            int fd = Libc.open(path, Fd.ReadOnly | Fd.CloseOnExec, 0);
            if (fd >= 0)
            {
                held._modules.Add((path, fd));
            }

            _ = Libc.unlink(path);
        }

        return held;
    }

    /// <summary>Lets go of them, loaded first if they are <paramref name="wanted"/>.</summary>
    internal void Release(bool wanted)
    {
        foreach ((string path, int fd) in _modules)
        {
            if (wanted)
            {
                KernelModules.Load(path, fd);
            }

            _ = Libc.close(fd);
        }

        _modules.Clear();
    }
}
