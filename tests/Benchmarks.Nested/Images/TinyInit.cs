using System.Buffers.Binary;

namespace MicroVm.Benchmarks.Nested.Images;

/// <summary>
/// The smallest process 1, as an x86_64 ELF file: it says <see cref="FirstLine"/>, waits for a line when it was given an
/// argument, and restarts the machine. A boot measured with it is the VMM's and the kernel's alone.
/// </summary>
internal static class TinyInit
{
    internal const string FirstLine = "init";

    private const int HeaderBytes = 64 + 56;
    private const ulong LoadAddress = 0x400000;

    internal static byte[] Elf()
    {
        ReadOnlySpan<byte> code =
        [
            0xb8, 0x01, 0x00, 0x00, 0x00, // mov eax, 1 (write)
            0xbf, 0x01, 0x00, 0x00, 0x00, // mov edi, 1
            0x48, 0x8d, 0x35, 0x35, 0x00, 0x00, 0x00, // lea rsi, [rip + text]
            0xba, 0x05, 0x00, 0x00, 0x00, // mov edx, 5
            0x0f, 0x05, // syscall
            0x83, 0x3c, 0x24, 0x01, // cmp dword [rsp], 1 (argc)
            0x7e, 0x10, // jle over the next five
            0x31, 0xc0, // xor eax, eax (read)
            0x31, 0xff, // xor edi, edi
            0x48, 0x8d, 0x74, 0x24, 0xc0, // lea rsi, [rsp - 64]
            0xba, 0x01, 0x00, 0x00, 0x00, // mov edx, 1
            0x0f, 0x05, // syscall
            0xb8, 0xa9, 0x00, 0x00, 0x00, // mov eax, 169 (reboot)
            0xbf, 0xad, 0xde, 0xe1, 0xfe, // mov edi, LINUX_REBOOT_MAGIC1
            0xbe, 0x69, 0x19, 0x12, 0x28, // mov esi, LINUX_REBOOT_MAGIC2
            0xba, 0x67, 0x45, 0x23, 0x01, // mov edx, LINUX_REBOOT_CMD_RESTART
            0x0f, 0x05, // syscall
            0xeb, 0xfe, // jmp to itself
            (byte)'i', (byte)'n', (byte)'i', (byte)'t', (byte)'\n',
        ];
        byte[] file = new byte[HeaderBytes + code.Length];
        Span<byte> elf = file;
        ReadOnlySpan<byte> identification = [0x7f, (byte)'E', (byte)'L', (byte)'F', 2, 1, 1];
        identification.CopyTo(elf);
        BinaryPrimitives.WriteUInt16LittleEndian(elf[16..], 2); // ET_EXEC
        BinaryPrimitives.WriteUInt16LittleEndian(elf[18..], 62); // EM_X86_64
        BinaryPrimitives.WriteUInt32LittleEndian(elf[20..], 1);
        BinaryPrimitives.WriteUInt64LittleEndian(elf[24..], LoadAddress + HeaderBytes);
        BinaryPrimitives.WriteUInt64LittleEndian(elf[32..], 64); // program headers
        BinaryPrimitives.WriteUInt16LittleEndian(elf[52..], 64);
        BinaryPrimitives.WriteUInt16LittleEndian(elf[54..], 56);
        BinaryPrimitives.WriteUInt16LittleEndian(elf[56..], 1);
        Span<byte> segment = elf[64..];
        BinaryPrimitives.WriteUInt32LittleEndian(segment, 1); // PT_LOAD
        BinaryPrimitives.WriteUInt32LittleEndian(segment[4..], 5); // readable, executable
        BinaryPrimitives.WriteUInt64LittleEndian(segment[16..], LoadAddress);
        BinaryPrimitives.WriteUInt64LittleEndian(segment[24..], LoadAddress);
        BinaryPrimitives.WriteUInt64LittleEndian(segment[32..], (ulong)file.Length);
        BinaryPrimitives.WriteUInt64LittleEndian(segment[40..], (ulong)file.Length);
        BinaryPrimitives.WriteUInt64LittleEndian(segment[48..], 0x1000);
        code.CopyTo(elf[HeaderBytes..]);
        return file;
    }
}
