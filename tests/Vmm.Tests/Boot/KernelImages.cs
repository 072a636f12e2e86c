using System.Buffers.Binary;

namespace MicroVm.Vmm.Tests.Boot;

/// <summary>Kernel files made field by field, so that a test can spoil one of them.</summary>
internal static class KernelImages
{
    internal const int SetupSectors = 1;
    internal const int CodeOffset = (SetupSectors + 1) * 512;

    /// <summary>A bzImage with <paramref name="code"/> as its protected-mode part, padded to 16 bytes.</summary>
    internal static byte[] BzImage(ReadOnlySpan<byte> code, ulong preferredAddress = 0x100_0000, uint initSize = 0x10_0000)
    {
        int paragraphs = (code.Length + 15) / 16;
        byte[] image = new byte[CodeOffset + (paragraphs * 16)];
        image[0x1f1] = SetupSectors;
        BinaryPrimitives.WriteInt32LittleEndian(image.AsSpan(0x1f4), paragraphs);
        BinaryPrimitives.WriteUInt16LittleEndian(image.AsSpan(0x1fe), 0xaa55);
        image[0x201] = 0x6a;
        "HdrS"u8.CopyTo(image.AsSpan(0x202));
        BinaryPrimitives.WriteUInt16LittleEndian(image.AsSpan(0x206), 0x020f);
        image[0x211] = 1;
        BinaryPrimitives.WriteUInt32LittleEndian(image.AsSpan(0x22c), 0x7fff_ffff);
        BinaryPrimitives.WriteUInt16LittleEndian(image.AsSpan(0x236), 1);
        BinaryPrimitives.WriteUInt32LittleEndian(image.AsSpan(0x238), 255);
        BinaryPrimitives.WriteUInt64LittleEndian(image.AsSpan(0x258), preferredAddress);
        BinaryPrimitives.WriteUInt32LittleEndian(image.AsSpan(0x260), initSize);
        code.CopyTo(image.AsSpan(CodeOffset));
        return image;
    }

    /// <summary>An ELF kernel with one segment at <paramref name="address"/>, and a PVH note when <paramref name="pvhEntry"/> is given.</summary>
    internal static byte[] Elf(ReadOnlySpan<byte> code, ulong address = 0x20_0000, uint? pvhEntry = null)
    {
        const int notesOffset = 64 + (2 * 56);
        const int codeOffset = 256;
        byte[] image = new byte[codeOffset + code.Length];
        ReadOnlySpan<byte> identity = [0x7f, (byte)'E', (byte)'L', (byte)'F', 2, 1, 1];
        identity.CopyTo(image);
        BinaryPrimitives.WriteUInt16LittleEndian(image.AsSpan(16), 2);
        BinaryPrimitives.WriteUInt16LittleEndian(image.AsSpan(18), 62);
        BinaryPrimitives.WriteUInt64LittleEndian(image.AsSpan(24), address);
        BinaryPrimitives.WriteUInt64LittleEndian(image.AsSpan(32), 64);
        BinaryPrimitives.WriteUInt16LittleEndian(image.AsSpan(54), 56);
        BinaryPrimitives.WriteUInt16LittleEndian(image.AsSpan(56), (ushort)(pvhEntry is null ? 1 : 2));
        ProgramHeader(image.AsSpan(64), 1, codeOffset, address, (ulong)code.Length, (ulong)code.Length + 4096);
        if (pvhEntry is uint entry)
        {
            ProgramHeader(image.AsSpan(64 + 56), 4, notesOffset, 0, 20, 20);
            Span<byte> note = image.AsSpan(notesOffset);
            note[0] = 4;
            note[4] = 4;
            note[8] = 18;
            "Xen\0"u8.CopyTo(note[12..]);
            BinaryPrimitives.WriteUInt32LittleEndian(note[16..], entry);
        }

        code.CopyTo(image.AsSpan(codeOffset));
        return image;
    }

    /// <summary>An arm64 Image with <paramref name="code"/> behind its header.</summary>
    internal static byte[] Image(ReadOnlySpan<byte> code, ulong textOffset = 0, ulong imageSize = 0x10_0000, ulong flags = 2)
    {
        byte[] image = new byte[64 + code.Length];
        BinaryPrimitives.WriteUInt64LittleEndian(image.AsSpan(8), textOffset);
        BinaryPrimitives.WriteUInt64LittleEndian(image.AsSpan(16), imageSize);
        BinaryPrimitives.WriteUInt64LittleEndian(image.AsSpan(24), flags);
        "ARMd"u8.CopyTo(image.AsSpan(56));
        code.CopyTo(image.AsSpan(64));
        return image;
    }

    private static void ProgramHeader(Span<byte> header, uint type, ulong offset, ulong address, ulong fileSize, ulong memorySize)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(header, type);
        BinaryPrimitives.WriteUInt64LittleEndian(header[8..], offset);
        BinaryPrimitives.WriteUInt64LittleEndian(header[24..], address);
        BinaryPrimitives.WriteUInt64LittleEndian(header[32..], fileSize);
        BinaryPrimitives.WriteUInt64LittleEndian(header[40..], memorySize);
    }
}
