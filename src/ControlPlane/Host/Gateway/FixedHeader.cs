using System.Buffers;

namespace MicroVm.ControlPlane.Host.Gateway;

/// <summary>Reads an MQTT packet's fixed header (MQTT 5 section 2.1): a type byte and a variable byte integer.</summary>
internal static class FixedHeader
{
    private const int MaxLengthBytes = 4;
    private const int ConnectType = 1;

    /// <summary>Judges the packet that begins at the buffer's start by as much of its header as is there.</summary>
    /// <param name="buffer">What came so far.</param>
    /// <param name="first">Whether it is the connection's first packet.</param>
    internal static PacketFault Judge(in ReadOnlySequence<byte> buffer, bool first)
    {
        Span<byte> header = stackalloc byte[1 + MaxLengthBytes];
        int available = (int)Math.Min(header.Length, buffer.Length);
        buffer.Slice(0, available).CopyTo(header);
        if (available > 0 && first && header[0] >> 4 != ConnectType)
        {
            return PacketFault.NotConnect;
        }

        int cap = first ? GatewayLimits.ConnectPacketBytes : GatewayLimits.PacketBytes;
        int length = 0;
        for (int i = 1; i < available; i++)
        {
            length |= (header[i] & 0x7F) << (7 * (i - 1));
            if (length > cap)
            {
                return PacketFault.Oversized;
            }

            if ((header[i] & 0x80) == 0)
            {
                return PacketFault.None;
            }
        }

        return available == header.Length ? PacketFault.MalformedLength : PacketFault.None;
    }
}
