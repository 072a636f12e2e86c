using System.Buffers.Binary;
using MicroVm.Vmm.Arch.Arm64;
using MicroVm.Vmm.Diagnostics;
using MicroVm.Vmm.Memory;

namespace MicroVm.Vmm.Boot.Loaders;

/// <summary>Loads an arm64 Image to the start of RAM, which is a boundary of 2 MiB, plus its text offset.</summary>
internal static class ImageLoader
{
    private const ushort GzipMagic = 0x8b1f;

    /// <summary>Offset of "zimg" in a kernel that unpacks itself under EFI (CONFIG_EFI_ZBOOT).</summary>
    private const int ZbootOffset = 4;
    private const uint ZbootMagic = 0x676d_697a;

    /// <exception cref="VmmFaultException">The file is unreadable, no flat Image, or larger than the guest's memory.</exception>
    internal static LoadedKernel Load(BootFile file, GuestMemory memory)
    {
        Span<byte> head = stackalloc byte[BzImageHeader.NeededBytes];
        head = head[..file.Read(0, head)];
        if (!ImageHeader.IsPresent(head))
        {
            throw new VmmFaultException(ExitCode.NotAKernel, $"{file.Path}: expected a flat arm64 Image, found {Describe(head, file.Length)}");
        }

        ImageHeader header = ImageHeader.Parse(head, file.Path, file.Length);
        ulong room = AddressMap.DeviceTree(memory.SizeBytes) - AddressMap.Ram;

        // Subtracted, not added up: both numbers are the file's.
        if (header.TextOffset > room || header.ImageSize > room - header.TextOffset)
        {
            throw new VmmFaultException(
                ExitCode.KernelTooLarge,
                $"{file.Path}: kernel needs {header.ImageSize} bytes at offset 0x{header.TextOffset:x} of memory, which has {room} bytes below the device tree");
        }

        GuestAddress start = new(AddressMap.Ram + header.TextOffset);
        memory.PreferHugePages(start, file.Length);
        if (!file.TryReadIntoGuest(0, memory, start, file.Length))
        {
            throw new VmmFaultException(ExitCode.KernelTooLarge, $"{file.Path}: expected room for {file.Length} bytes at 0x{start.Value:x}, found less");
        }

        return new LoadedKernel
        {
            Protocol = BootProtocol.Arm64,
            Entry = start,
            End = start.Value + header.ImageSize,
            InitrdLimit = AddressMap.DeviceTree(memory.SizeBytes) - 1,
        };
    }

    private static string Describe(ReadOnlySpan<byte> head, ulong length)
    {
        if (head.Length >= sizeof(ushort) && BinaryPrimitives.ReadUInt16LittleEndian(head) == GzipMagic)
        {
            return "a file packed with gzip; unpack it first (gzip -dc Image.gz > Image)";
        }

        if (head.Length >= ZbootOffset + sizeof(uint) && BinaryPrimitives.ReadUInt32LittleEndian(head[ZbootOffset..]) == ZbootMagic)
        {
            return "an EFI program that unpacks itself (CONFIG_EFI_ZBOOT); take the Image out of it";
        }

        return BzImageHeader.IsPresent(head) ? "a bzImage of x86"
            : ElfHeader.IsPresent(head) ? "an ELF file"
            : $"neither that nor anything known in its {length} bytes";
    }
}
