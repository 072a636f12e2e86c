using System.Buffers.Binary;

namespace MicroVm.Vmm.Mmds.Network;

/// <summary>Numbers in the order of the wire, and the checksum of RFC 1071.</summary>
internal static class NetworkOrder
{
    internal static ushort Read16(ReadOnlySpan<byte> bytes, int offset) => BinaryPrimitives.ReadUInt16BigEndian(bytes[offset..]);

    internal static uint Read32(ReadOnlySpan<byte> bytes, int offset) => BinaryPrimitives.ReadUInt32BigEndian(bytes[offset..]);

    internal static void Write16(Span<byte> bytes, int offset, int value) => BinaryPrimitives.WriteUInt16BigEndian(bytes[offset..], (ushort)value);

    internal static void Write32(Span<byte> bytes, int offset, uint value) => BinaryPrimitives.WriteUInt32BigEndian(bytes[offset..], value);

    /// <summary>The Internet checksum of <paramref name="bytes"/>, with what <paramref name="sum"/> has of others in it.</summary>
    internal static ushort Checksum(ReadOnlySpan<byte> bytes, uint sum = 0)
    {
        for (; bytes.Length > 1; bytes = bytes[2..])
        {
            sum += BinaryPrimitives.ReadUInt16BigEndian(bytes);
        }

        sum += bytes.IsEmpty ? 0u : (uint)bytes[0] << 8;
        sum = (sum & 0xffff) + (sum >> 16);
        return (ushort)~((sum & 0xffff) + (sum >> 16));
    }
}
