using MicroVm.Vmm.Arch.X64;
using MicroVm.Vmm.Diagnostics;
using MicroVm.Vmm.Memory;

namespace MicroVm.Vmm.Boot.Loaders;

/// <summary>Loads the protected-mode part of a bzImage to 1 MiB for its 64-bit entry.</summary>
internal static class BzImageLoader
{
    private const ulong Entry64Offset = 0x200;

    internal static LoadedKernel Load(BootFile file, ReadOnlySpan<byte> head, GuestMemory memory)
    {
        BzImageHeader header = BzImageHeader.Parse(head, file.Path);
        ulong needed = header.CodeOffset + header.CodeSize;
        if (file.Length < needed || header.CodeSize <= Entry64Offset)
        {
            throw new VmmFaultException(
                ExitCode.KernelTruncated, $"{file.Path}: bzImage header promises {needed} bytes, found {file.Length}");
        }

        ulong end = RunEnd(header);
        ulong ramEnd = memory.Regions[0].End;
        GuestAddress start = new(AddressMap.HighMemoryStart);
        memory.PreferHugePages(start, header.CodeSize);
        ulong runAddress = RunAddress(header);
        memory.PreferHugePages(new GuestAddress(runAddress), end - runAddress);
        if (end > ramEnd || !file.TryReadIntoGuest(header.CodeOffset, memory, start, header.CodeSize))
        {
            throw new VmmFaultException(
                ExitCode.KernelTooLarge, $"{file.Path}: kernel needs memory up to 0x{end:x}, the guest has it up to 0x{ramEnd:x}");
        }

        return new LoadedKernel
        {
            Protocol = BootProtocol.Linux64,
            Entry = new GuestAddress(AddressMap.HighMemoryStart + Entry64Offset),
            End = end,
            InitrdLimit = header.InitrdAddressMax,
            CommandLineLimit = header.CommandLineSize,
            SetupHeader = head[BzImageHeader.SetupHeaderOffset..header.SetupHeaderEnd].ToArray(),
        };
    }

    private static ulong RunAddress(BzImageHeader header) => Math.Max(header.PreferredAddress, AddressMap.HighMemoryStart);

    // The decompressor runs the kernel at its preferred address when it was loaded below that, and unpacks within InitSize of it.
    private static ulong RunEnd(BzImageHeader header)
    {
        ulong runAddress = RunAddress(header);
        ulong loadEnd = AddressMap.HighMemoryStart + header.CodeSize;
        return runAddress > AddressMap.GapStart ? ulong.MaxValue : Math.Max(runAddress + header.InitSize, loadEnd);
    }
}
