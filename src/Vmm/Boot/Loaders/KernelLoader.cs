using MicroVm.Vmm.Diagnostics;
using MicroVm.Vmm.Memory;

namespace MicroVm.Vmm.Boot.Loaders;

/// <summary>Recognises a kernel file for x86_64 by its first bytes and loads it.</summary>
internal static class KernelLoader
{
    /// <exception cref="VmmFaultException">The file is unreadable, no kernel, truncated or too large.</exception>
    internal static LoadedKernel Load(string path, GuestMemory memory)
    {
        using BootFile file = new(path);
        return Load(file, memory);
    }

    /// <exception cref="VmmFaultException">As above.</exception>
    internal static LoadedKernel Load(BootFile file, GuestMemory memory)
    {
        Span<byte> head = stackalloc byte[BzImageHeader.NeededBytes];
        head = head[..file.Read(0, head)];
        if (ElfHeader.IsPresent(head))
        {
            return ElfLoader.Load(file, head, memory);
        }

        if (BzImageHeader.IsPresent(head))
        {
            return BzImageLoader.Load(file, head, memory);
        }

        if (ImageHeader.IsPresent(head))
        {
            throw new VmmFaultException(ExitCode.NotAKernel, $"{file.Path}: expected a kernel for x86_64, found an Image for arm64");
        }

        throw new VmmFaultException(ExitCode.NotAKernel, $"{file.Path}: expected a bzImage or an ELF kernel, found neither in its {file.Length} bytes");
    }
}
