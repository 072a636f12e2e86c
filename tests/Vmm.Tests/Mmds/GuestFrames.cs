using System.Buffers.Binary;
using System.Text;
using MicroVm.Vmm.Control;
using MicroVm.Vmm.Mmds.Network;

namespace MicroVm.Vmm.Tests.Mmds;

/// <summary>Ethernet frames as a guest writes them, and the frames it gets, taken apart and checked.</summary>
internal static class GuestFrames
{
    internal const uint Address = 0xac10_0002;
    internal const int EthernetBytes = 14;
    internal const int HeaderBytes = EthernetBytes + 20 + 20;

    internal static byte[] Mac { get; } = [0x06, 0x00, 0xac, 0x10, 0x00, 0x02];

    private static byte[] ServiceMac { get; } = [0x06, 0x01, 0x23, 0x45, 0x67, 0x01];

    internal static byte[] Arp(uint target = MmdsConfig.DefaultAddress, byte operation = 1)
    {
        byte[] frame = new byte[EthernetBytes + 28];
        frame.AsSpan(0, 6).Fill(0xff);
        Mac.CopyTo(frame, 6);
        byte[] header = [0x08, 0x06, 0, 1, 8, 0, 6, 4, 0, operation];
        header.CopyTo(frame, 12);
        Mac.CopyTo(frame, 22);
        BinaryPrimitives.WriteUInt32BigEndian(frame.AsSpan(28), Address);
        BinaryPrimitives.WriteUInt32BigEndian(frame.AsSpan(38), target);
        return frame;
    }

    /// <summary>A packet of any protocol for the service.</summary>
    internal static byte[] Ipv4(byte protocol, ReadOnlySpan<byte> payload, uint target = MmdsConfig.DefaultAddress)
    {
        byte[] frame = new byte[EthernetBytes + 20 + payload.Length];
        ServiceMac.CopyTo(frame, 0);
        Mac.CopyTo(frame, 6);
        frame[12] = 8;
        Span<byte> ip = frame.AsSpan(EthernetBytes);
        ip[0] = 0x45;
        BinaryPrimitives.WriteUInt16BigEndian(ip[2..], (ushort)(20 + payload.Length));
        ip[8] = 64;
        ip[9] = protocol;
        BinaryPrimitives.WriteUInt32BigEndian(ip[12..], Address);
        BinaryPrimitives.WriteUInt32BigEndian(ip[16..], target);
        payload.CopyTo(ip[20..]);
        return frame;
    }

    /// <summary>A TCP segment, with half a checksum as a guest that leaves the rest to its device writes it.</summary>
    internal static byte[] Tcp(
        ushort port,
        uint sequence,
        uint acknowledgment,
        TcpFlags flags,
        string payload = "",
        ushort window = 64_240,
        ushort? largestPayload = null,
        ushort targetPort = 80)
    {
        int optionBytes = largestPayload is null ? 0 : 4;
        byte[] segment = new byte[20 + optionBytes + Encoding.Latin1.GetByteCount(payload)];
        BinaryPrimitives.WriteUInt16BigEndian(segment, port);
        BinaryPrimitives.WriteUInt16BigEndian(segment.AsSpan(2), targetPort);
        BinaryPrimitives.WriteUInt32BigEndian(segment.AsSpan(4), sequence);
        BinaryPrimitives.WriteUInt32BigEndian(segment.AsSpan(8), acknowledgment);
        segment[12] = (byte)((20 + optionBytes) / 4 << 4);
        segment[13] = (byte)flags;
        BinaryPrimitives.WriteUInt16BigEndian(segment.AsSpan(14), window);
        segment[16] = 0xab;
        if (largestPayload is { } size)
        {
            segment[20] = 2;
            segment[21] = 4;
            BinaryPrimitives.WriteUInt16BigEndian(segment.AsSpan(22), size);
        }

        Encoding.Latin1.GetBytes(payload, segment.AsSpan(20 + optionBytes));
        return Ipv4(6, segment);
    }

    /// <summary>Takes a frame of the service apart, after checking everything in it that has only one right value.</summary>
    internal static GuestSegment ParseTcp(ReadOnlySpan<byte> frame)
    {
        Assert.True(frame.Length is >= HeaderBytes and <= 1514);
        Assert.Equal(Mac, frame[..6]);
        Assert.Equal(ServiceMac, frame[6..12]);
        Assert.Equal(0x0800, BinaryPrimitives.ReadUInt16BigEndian(frame[12..]));
        ReadOnlySpan<byte> ip = frame[EthernetBytes..];
        Assert.Equal((0x45, 6), (ip[0], ip[9]));
        Assert.Equal(ip.Length, BinaryPrimitives.ReadUInt16BigEndian(ip[2..]));
        Assert.Equal(MmdsConfig.DefaultAddress, BinaryPrimitives.ReadUInt32BigEndian(ip[12..]));
        Assert.Equal(Address, BinaryPrimitives.ReadUInt32BigEndian(ip[16..]));
        Assert.Equal(0, Checksum(ip[..20]));
        ReadOnlySpan<byte> tcp = ip[20..];
        byte[] withPseudoHeader = [.. ip[12..20], 0, 6, (byte)(tcp.Length >> 8), (byte)tcp.Length, .. tcp];
        Assert.Equal(0, Checksum(withPseudoHeader));
        Assert.True(TcpSegment.TryParse(tcp, out TcpSegment segment));
        return new GuestSegment(
            segment.SourcePort,
            segment.DestinationPort,
            segment.Sequence,
            segment.Acknowledgment,
            segment.Flags,
            segment.Window,
            segment.LargestPayload,
            Encoding.Latin1.GetString(segment.Payload));
    }

    /// <summary>RFC 1071, the slow way; 0 over what has the right checksum in it.</summary>
    private static int Checksum(ReadOnlySpan<byte> bytes)
    {
        int sum = 0;
        for (int i = 0; i < bytes.Length; i++)
        {
            sum += (i & 1) == 0 ? bytes[i] << 8 : bytes[i];
            sum = (sum & 0xffff) + (sum >> 16);
        }

        return sum ^ 0xffff;
    }
}
