using System.Buffers.Binary;

namespace MicroVm.Vmm.KvmTests.Guests;

/// <summary>Wraps guest code into kernel files.</summary>
internal static class KernelFile
{
    private const int HeaderSize = 0x1000;

    /// <summary>An ELF executable with one segment, and a PVH note when its entry is given.</summary>
    internal static byte[] Elf(ReadOnlySpan<byte> image, uint? pvhEntry = null)
    {
        byte[] file = new byte[HeaderSize + image.Length];
        ReadOnlySpan<byte> identity = [0x7f, (byte)'E', (byte)'L', (byte)'F', 2, 1, 1];
        identity.CopyTo(file);
        Put16(file, 16, 2);
        Put16(file, 18, 62);
        Put64(file, 24, GuestProgram.CodeAddress);
        Put64(file, 32, 64);
        Put16(file, 54, 56);
        Put16(file, 56, (ushort)(pvhEntry is null ? 1 : 2));
        ProgramHeader(file.AsSpan(64), type: 1, HeaderSize, GuestProgram.CodeAddress, image.Length);
        if (pvhEntry is uint entry)
        {
            const int note = 512;
            ProgramHeader(file.AsSpan(64 + 56), type: 4, note, 0, 20);
            file[note] = 4;
            file[note + 4] = 4;
            file[note + 8] = 18;
            "Xen\0"u8.CopyTo(file.AsSpan(note + 12));
            BinaryPrimitives.WriteUInt32LittleEndian(file.AsSpan(note + 16), entry);
        }

        image.CopyTo(file.AsSpan(HeaderSize));
        return file;
    }

    /// <summary>A bzImage whose 64-bit entry is the start of <paramref name="code"/>, which must not depend on its address.</summary>
    internal static byte[] BzImage(ReadOnlySpan<byte> code)
    {
        const int setupSize = 2 * 512;
        const int entry64 = 0x200;
        int paragraphs = (entry64 + code.Length + 15) / 16;
        byte[] file = new byte[setupSize + (paragraphs * 16)];
        file[0x1f1] = 1;
        BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(0x1f4), paragraphs);
        Put16(file, 0x1fe, 0xaa55);
        file[0x201] = 0x6a;
        "HdrS"u8.CopyTo(file.AsSpan(0x202));
        Put16(file, 0x206, 0x020f);
        file[0x211] = 1;
        BinaryPrimitives.WriteUInt32LittleEndian(file.AsSpan(0x22c), 0x7fff_ffff);
        Put16(file, 0x236, 1);
        BinaryPrimitives.WriteUInt32LittleEndian(file.AsSpan(0x238), 255);
        Put64(file, 0x258, 0x100_0000);
        BinaryPrimitives.WriteUInt32LittleEndian(file.AsSpan(0x260), 0x10_0000);
        code.CopyTo(file.AsSpan(setupSize + entry64));
        return file;
    }

    private static void ProgramHeader(Span<byte> header, uint type, int offset, ulong address, int size)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(header, type);
        BinaryPrimitives.WriteInt64LittleEndian(header[8..], offset);
        BinaryPrimitives.WriteUInt64LittleEndian(header[24..], address);
        BinaryPrimitives.WriteInt64LittleEndian(header[32..], size);
        BinaryPrimitives.WriteInt64LittleEndian(header[40..], size);
    }

    private static void Put16(byte[] file, int offset, ushort value) =>
        BinaryPrimitives.WriteUInt16LittleEndian(file.AsSpan(offset), value);

    private static void Put64(byte[] file, int offset, ulong value) =>
        BinaryPrimitives.WriteUInt64LittleEndian(file.AsSpan(offset), value);
}
