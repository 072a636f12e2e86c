using System.Buffers.Binary;
using MicroVm.Vmm.Diagnostics;

namespace MicroVm.Vmm.Boot.Loaders;

/// <summary>The fields of <c>Elf64_Ehdr</c> that loading needs, parsed from untrusted bytes.</summary>
internal readonly record struct ElfHeader(ulong Entry, ulong ProgramHeaderOffset, int ProgramHeaderCount)
{
    /// <summary>Bytes of <c>Elf64_Ehdr</c>.</summary>
    internal const int Size = 64;

    private const uint Magic = 0x464c_457f;
    private const byte Class64 = 2;
    private const byte LittleEndian = 1;
    private const ushort TypeExecutable = 2;
    private const ushort MachineX64 = 62;

    /// <summary>True when a file starts as an ELF file does.</summary>
    internal static bool IsPresent(ReadOnlySpan<byte> head) =>
        head.Length >= sizeof(uint) && BinaryPrimitives.ReadUInt32LittleEndian(head) == Magic;

    /// <exception cref="VmmFaultException">The header is cut off, or not that of an x86_64 executable.</exception>
    internal static ElfHeader Parse(ReadOnlySpan<byte> head, string path)
    {
        if (head.Length < Size)
        {
            throw new VmmFaultException(ExitCode.KernelTruncated, $"{path}: ELF header needs {Size} bytes, found {head.Length}");
        }

        ushort type = BinaryPrimitives.ReadUInt16LittleEndian(head[16..]);
        ushort machine = BinaryPrimitives.ReadUInt16LittleEndian(head[18..]);
        if (head[4] != Class64 || head[5] != LittleEndian || type != TypeExecutable || machine != MachineX64)
        {
            throw new VmmFaultException(
                ExitCode.NotAKernel,
                $"{path}: expected a 64-bit little-endian ELF executable for x86_64, found class {head[4]}, data {head[5]}, type {type}, machine {machine}");
        }

        ushort entrySize = BinaryPrimitives.ReadUInt16LittleEndian(head[54..]);
        if (entrySize != ElfProgramHeader.Size)
        {
            throw new VmmFaultException(
                ExitCode.NotAKernel, $"{path}: ELF program headers must have {ElfProgramHeader.Size} bytes, found {entrySize}");
        }

        return new ElfHeader(
            BinaryPrimitives.ReadUInt64LittleEndian(head[24..]),
            BinaryPrimitives.ReadUInt64LittleEndian(head[32..]),
            BinaryPrimitives.ReadUInt16LittleEndian(head[56..]));
    }
}
