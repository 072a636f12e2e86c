using System.Buffers.Binary;
using System.Text;

namespace MicroVm.Benchmarks.Vmm;

/// <summary>
/// A guest of a few bytes as an ELF64 file with a PVH note (XEN_ELFNOTE_PHYS32_ENTRY, type 18), so that QEMU's microvm
/// and microvm-vmm both start it in 32-bit protected mode.
/// </summary>
internal static class TinyKernel
{
    private const int LoadAddress = 0x100000;
    private const int FileOffsetOfCode = 0x1000;

    /// <summary>
    /// Nine bytes that end the machine at once: zero to port 0xf4 (QEMU's isa-debug-exit, exit code 1), 0xfe to port 0x64
    /// (reset by the keyboard controller), halt.
    /// </summary>
    internal static byte[] EndAtOnce() => Elf([
        0xb0, 0x00, // mov al, 0
        0xe6, 0xf4, // out 0xf4, al
        0xb0, 0xfe, // mov al, 0xfe
        0xe6, 0x64, // out 0x64, al
        0xf4, // hlt
    ]);

    /// <summary>Writes one character to the serial port, then halts for ever.</summary>
    internal static byte[] SayAndHalt() => Elf([
        0xba, 0xf8, 0x03, 0x00, 0x00, // mov edx, 0x3f8
        0xb0, 0x52, // mov al, 'R'
        0xee, // out dx, al
        0xfa, // cli
        0xf4, // hlt
        0xeb, 0xfc, // jmp to cli
    ]);

    private static byte[] Elf(ReadOnlySpan<byte> code)
    {
        byte[] file = new byte[FileOffsetOfCode + 0x40];
        Span<byte> elf = file;
        ReadOnlySpan<byte> identification = [0x7f, (byte)'E', (byte)'L', (byte)'F', 2, 1, 1];
        identification.CopyTo(elf);
        BinaryPrimitives.WriteUInt16LittleEndian(elf[16..], 2); // ET_EXEC
        BinaryPrimitives.WriteUInt16LittleEndian(elf[18..], 62); // EM_X86_64
        BinaryPrimitives.WriteUInt32LittleEndian(elf[20..], 1);
        BinaryPrimitives.WriteUInt64LittleEndian(elf[24..], LoadAddress);
        BinaryPrimitives.WriteUInt64LittleEndian(elf[32..], 64); // program headers
        BinaryPrimitives.WriteUInt16LittleEndian(elf[52..], 64);
        BinaryPrimitives.WriteUInt16LittleEndian(elf[54..], 56);
        BinaryPrimitives.WriteUInt16LittleEndian(elf[56..], 2);
        ProgramHeader(elf[64..], 1, FileOffsetOfCode, LoadAddress, 0x40);
        const int NoteOffset = 0x200;
        ProgramHeader(elf[120..], 4, NoteOffset, 0, 20);
        BinaryPrimitives.WriteUInt32LittleEndian(elf[NoteOffset..], 4);
        BinaryPrimitives.WriteUInt32LittleEndian(elf[(NoteOffset + 4)..], 4);
        BinaryPrimitives.WriteUInt32LittleEndian(elf[(NoteOffset + 8)..], 18);
        Encoding.ASCII.GetBytes("Xen\0").CopyTo(elf[(NoteOffset + 12)..]);
        BinaryPrimitives.WriteUInt32LittleEndian(elf[(NoteOffset + 16)..], LoadAddress);
        code.CopyTo(elf[FileOffsetOfCode..]);
        return file;
    }

    private static void ProgramHeader(Span<byte> header, uint type, ulong offset, ulong address, ulong size)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(header, type);
        BinaryPrimitives.WriteUInt32LittleEndian(header[4..], 5);
        BinaryPrimitives.WriteUInt64LittleEndian(header[8..], offset);
        BinaryPrimitives.WriteUInt64LittleEndian(header[16..], address);
        BinaryPrimitives.WriteUInt64LittleEndian(header[24..], address);
        BinaryPrimitives.WriteUInt64LittleEndian(header[32..], size);
        BinaryPrimitives.WriteUInt64LittleEndian(header[40..], size);
        BinaryPrimitives.WriteUInt64LittleEndian(header[48..], 4);
    }
}
