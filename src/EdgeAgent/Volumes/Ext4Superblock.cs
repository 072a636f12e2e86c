using System.Buffers.Binary;

namespace MicroVm.EdgeAgent.Volumes;

/// <summary>What an ext4 file system says of itself (Documentation/filesystems/ext4/super.rst). Read from a file that a guest may have written: nothing of it is trusted.</summary>
/// <param name="SizeBytes">Bytes that it takes of its device.</param>
/// <param name="BlockBytes">Bytes of a block, 1,024 to 65,536.</param>
internal readonly record struct Ext4Superblock(ulong SizeBytes, ulong BlockBytes)
{
    /// <summary>Where it is, and how much of it is looked at.</summary>
    internal const int OffsetBytes = 1024, LengthBytes = 1024;

    private const ushort Magic = 0xEF53;
    private const int MostLogBlockSize = 6, IncompatibleFeatures = 0x60, With64Bits = 0x80;

    /// <summary>Reads it; null when the bytes are none.</summary>
    internal static Ext4Superblock? Parse(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < LengthBytes || BinaryPrimitives.ReadUInt16LittleEndian(bytes[0x38..]) != Magic)
        {
            return null;
        }

        ulong blocks = BinaryPrimitives.ReadUInt32LittleEndian(bytes[0x04..]);
        if ((BinaryPrimitives.ReadUInt32LittleEndian(bytes[IncompatibleFeatures..]) & With64Bits) != 0)
        {
            blocks |= (ulong)BinaryPrimitives.ReadUInt32LittleEndian(bytes[0x150..]) << 32;
        }

        uint log = BinaryPrimitives.ReadUInt32LittleEndian(bytes[0x18..]);
        return log <= MostLogBlockSize && blocks <= ulong.MaxValue >> (10 + MostLogBlockSize)
            ? new Ext4Superblock(blocks << (10 + (int)log), 1UL << (10 + (int)log))
            : null;
    }

    /// <summary>Reads that of a file; null when it has none.</summary>
    /// <exception cref="IOException">The file cannot be read.</exception>
    internal static Ext4Superblock? ReadFile(string path)
    {
        using FileStream file = File.OpenRead(path);
        file.Position = OffsetBytes;
        byte[] bytes = new byte[LengthBytes];
        return file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false) == bytes.Length ? Parse(bytes) : null;
    }
}
