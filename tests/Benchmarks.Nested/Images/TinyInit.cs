using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace MicroVm.Benchmarks.Nested.Images;

/// <summary>
/// The smallest process 1, as an ELF file of this architecture: it says <see cref="FirstLine"/>, waits for a line when it was given an
/// argument, and restarts the machine. A boot measured with it is the VMM's and the kernel's alone.
/// </summary>
internal static class TinyInit
{
    internal const string FirstLine = "init";

    private const int HeaderBytes = 64 + 56;
    private const ulong LoadAddress = 0x400000;

    private const ushort MachineX64 = 62, MachineArm64 = 183;

    private static ReadOnlySpan<byte> X64Code =>
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

    private static ReadOnlySpan<byte> Arm64Code =>
    [
        0x20, 0x00, 0x80, 0xd2, // mov x0, #1
        0xa1, 0x02, 0x00, 0x10, // adr x1, text
        0xa2, 0x00, 0x80, 0xd2, // mov x2, #5
        0x08, 0x08, 0x80, 0xd2, // mov x8, #64 (write)
        0x01, 0x00, 0x00, 0xd4, // svc #0
        0xe3, 0x03, 0x40, 0xf9, // ldr x3, [sp] (argc)
        0x7f, 0x04, 0x00, 0xf1, // cmp x3, #1
        0xcd, 0x00, 0x00, 0x54, // b.le over the next five
        0x00, 0x00, 0x80, 0xd2, // mov x0, #0
        0xe1, 0x03, 0x01, 0xd1, // sub x1, sp, #64
        0x22, 0x00, 0x80, 0xd2, // mov x2, #1
        0xe8, 0x07, 0x80, 0xd2, // mov x8, #63 (read)
        0x01, 0x00, 0x00, 0xd4, // svc #0
        0xa0, 0xd5, 0x9b, 0x52, 0x20, 0xdc, 0xbf, 0x72, // w0 = LINUX_REBOOT_MAGIC1
        0x21, 0x2d, 0x83, 0x52, 0x41, 0x02, 0xa5, 0x72, // w1 = LINUX_REBOOT_MAGIC2
        0xe2, 0xac, 0x88, 0x52, 0x62, 0x24, 0xa0, 0x72, // w2 = LINUX_REBOOT_CMD_RESTART
        0xc8, 0x11, 0x80, 0xd2, // mov x8, #142 (reboot)
        0x01, 0x00, 0x00, 0xd4, // svc #0
        0x00, 0x00, 0x00, 0x14, // b to itself
        (byte)'i', (byte)'n', (byte)'i', (byte)'t', (byte)'\n',
    ];

    internal static byte[] Elf()
    {
        bool isArm = RuntimeInformation.ProcessArchitecture == Architecture.Arm64;
        ReadOnlySpan<byte> code = isArm ? Arm64Code : X64Code;
        byte[] file = new byte[HeaderBytes + code.Length];
        Span<byte> elf = file;
        ReadOnlySpan<byte> identification = [0x7f, (byte)'E', (byte)'L', (byte)'F', 2, 1, 1];
        identification.CopyTo(elf);
        BinaryPrimitives.WriteUInt16LittleEndian(elf[16..], 2); // ET_EXEC
        BinaryPrimitives.WriteUInt16LittleEndian(elf[18..], isArm ? MachineArm64 : MachineX64);
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
