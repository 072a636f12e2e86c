using MicroVm.Vmm.Diagnostics;
using MicroVm.Vmm.Memory;

namespace MicroVm.Vmm.Boot.Loaders;

/// <summary>Loads an initrd as high in the first region of RAM as the kernel allows.</summary>
internal static class InitrdLoader
{
    private const ulong PageMask = 4095;

    /// <exception cref="VmmFaultException">The file is unreadable or does not fit between the kernel and the end of RAM.</exception>
    internal static BootPayload Load(string path, LoadedKernel kernel, GuestMemory memory)
    {
        using BootFile file = new(path);
        if (file.Length == 0)
        {
            return default;
        }

        ulong ceiling = Math.Min(memory.Regions[0].End, kernel.InitrdLimit + 1);
        ulong start = file.Length > ceiling ? 0 : (ceiling - file.Length) & ~PageMask;
        ulong lowest = (kernel.End + PageMask) & ~PageMask;
        memory.PreferHugePages(new GuestAddress(start), file.Length);
        if (start < lowest || !file.TryReadIntoGuest(0, memory, new GuestAddress(start), file.Length))
        {
            ulong room = ceiling > lowest ? ceiling - lowest : 0;
            throw new VmmFaultException(
                ExitCode.InitrdTooLarge, $"{path}: initrd of {file.Length} bytes does not fit into guest memory, which has {room} bytes for it");
        }

        return new BootPayload(new GuestAddress(start), file.Length);
    }
}
