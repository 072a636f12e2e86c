using System.Buffers.Binary;

namespace MicroVm.Vmm.Boot.Loaders;

/// <summary><c>Elf64_Phdr</c>, as found in the file.</summary>
internal readonly record struct ElfProgramHeader(uint Type, ulong Offset, ulong PhysicalAddress, ulong FileSize, ulong MemorySize)
{
    /// <summary>Bytes of <c>Elf64_Phdr</c>.</summary>
    internal const int Size = 56;

    internal const uint TypeLoad = 1;
    internal const uint TypeNote = 4;

    internal static ElfProgramHeader Parse(ReadOnlySpan<byte> bytes) => new(
        BinaryPrimitives.ReadUInt32LittleEndian(bytes),
        BinaryPrimitives.ReadUInt64LittleEndian(bytes[8..]),
        BinaryPrimitives.ReadUInt64LittleEndian(bytes[24..]),
        BinaryPrimitives.ReadUInt64LittleEndian(bytes[32..]),
        BinaryPrimitives.ReadUInt64LittleEndian(bytes[40..]));
}
