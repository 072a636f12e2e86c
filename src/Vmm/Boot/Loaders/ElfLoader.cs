using MicroVm.Vmm.Arch.X64;
using MicroVm.Vmm.Diagnostics;
using MicroVm.Vmm.Memory;

namespace MicroVm.Vmm.Boot.Loaders;

/// <summary>Loads the segments of an ELF kernel to their physical addresses; the PVH entry is taken when the file has one.</summary>
internal static class ElfLoader
{
    private const int MaxProgramHeaders = 64;
    private const int MaxNoteBytes = 4096;

    /// <summary>COMMAND_LINE_SIZE of x86 Linux, less the NUL: an ELF file does not say its own.</summary>
    private const uint LinuxCommandLineLimit = 2047;

    internal static LoadedKernel Load(BootFile file, ReadOnlySpan<byte> head, GuestMemory memory)
    {
        ElfHeader header = ElfHeader.Parse(head, file.Path);
        ReadOnlySpan<byte> table = ReadProgramHeaders(file, header, stackalloc byte[MaxProgramHeaders * ElfProgramHeader.Size]);
        PreferHugePages(table, memory);
        ulong end = 0;
        uint? pvhEntry = null;
        for (; table.Length > 0; table = table[ElfProgramHeader.Size..])
        {
            ElfProgramHeader segment = ElfProgramHeader.Parse(table);
            if (segment.Type == ElfProgramHeader.TypeLoad && segment.MemorySize > 0)
            {
                end = Math.Max(end, LoadSegment(file, segment, memory));
            }
            else if (segment.Type == ElfProgramHeader.TypeNote)
            {
                pvhEntry ??= FindPvhEntry(file, segment);
            }
        }

        GuestAddress entry = new(pvhEntry ?? header.Entry);
        if (entry.Value < AddressMap.HighMemoryStart || entry.Value >= end)
        {
            throw new VmmFaultException(ExitCode.NotAKernel, $"{file.Path}: ELF entry {entry} is not inside a loaded segment");
        }

        return new LoadedKernel
        {
            Protocol = pvhEntry is null ? BootProtocol.Linux64 : BootProtocol.Pvh,
            Entry = entry,
            End = end,
            InitrdLimit = AddressMap.GapStart - 1,
            CommandLineLimit = LinuxCommandLineLimit,
        };
    }

    private static ReadOnlySpan<byte> ReadProgramHeaders(BootFile file, ElfHeader header, Span<byte> buffer)
    {
        if (header.ProgramHeaderCount is 0 or > MaxProgramHeaders)
        {
            throw new VmmFaultException(
                ExitCode.NotAKernel, $"{file.Path}: expected 1 to {MaxProgramHeaders} ELF program headers, found {header.ProgramHeaderCount}");
        }

        Span<byte> table = buffer[..(header.ProgramHeaderCount * ElfProgramHeader.Size)];
        RequireInFile(file, header.ProgramHeaderOffset, (ulong)table.Length, "ELF program headers");
        return file.Read(header.ProgramHeaderOffset, table) == table.Length ? table : throw Truncated(file, "ELF program headers");
    }

    // From the first segment to the last: what lies between them is the kernel's as well.
    private static void PreferHugePages(ReadOnlySpan<byte> table, GuestMemory memory)
    {
        ulong start = ulong.MaxValue, end = 0;
        for (; table.Length > 0; table = table[ElfProgramHeader.Size..])
        {
            ElfProgramHeader segment = ElfProgramHeader.Parse(table);
            if (segment.Type == ElfProgramHeader.TypeLoad && memory.Contains(new GuestAddress(segment.PhysicalAddress), segment.MemorySize))
            {
                start = Math.Min(start, segment.PhysicalAddress);
                end = Math.Max(end, segment.PhysicalAddress + segment.MemorySize);
            }
        }

        if (end > start)
        {
            memory.PreferHugePages(new GuestAddress(start), end - start);
        }
    }

    private static ulong LoadSegment(BootFile file, ElfProgramHeader segment, GuestMemory memory)
    {
        RequireInFile(file, segment.Offset, segment.FileSize, "ELF segment");
        GuestAddress start = new(segment.PhysicalAddress);
        if (segment.FileSize > segment.MemorySize || start.Value < AddressMap.HighMemoryStart)
        {
            throw new VmmFaultException(
                ExitCode.NotAKernel,
                $"{file.Path}: ELF segment at {start} with {segment.FileSize} of {segment.MemorySize} bytes cannot be a kernel's");
        }

        // RAM is fresh and zero, so what MemorySize has beyond FileSize needs no clearing.
        if (!memory.Contains(start, segment.MemorySize) || !file.TryReadIntoGuest(segment.Offset, memory, start, segment.FileSize))
        {
            throw new VmmFaultException(
                ExitCode.KernelTooLarge,
                $"{file.Path}: ELF segment at {start} needs {segment.MemorySize} bytes, guest memory ends at 0x{memory.Regions[0].End:x}");
        }

        return start.Value + segment.MemorySize;
    }

    private static uint? FindPvhEntry(BootFile file, ElfProgramHeader segment)
    {
        RequireInFile(file, segment.Offset, segment.FileSize, "ELF notes");
        Span<byte> notes = stackalloc byte[MaxNoteBytes];
        int count = file.Read(segment.Offset, notes[..(int)Math.Min(segment.FileSize, MaxNoteBytes)]);
        return ElfNotes.TryFindPvhEntry(notes[..count], out uint entry) ? entry : null;
    }

    private static void RequireInFile(BootFile file, ulong offset, ulong length, string what)
    {
        if (offset > file.Length || length > file.Length - offset)
        {
            throw Truncated(file, what);
        }
    }

    private static VmmFaultException Truncated(BootFile file, string what) =>
        new(ExitCode.KernelTruncated, $"{file.Path}: {what} end behind the file's {file.Length} bytes");
}
