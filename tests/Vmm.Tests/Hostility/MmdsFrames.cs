using System.Buffers.Binary;
using MicroVm.Vmm.Control;
using MicroVm.Vmm.Mmds.Network;

namespace MicroVm.Vmm.Tests.Hostility;

/// <summary>Ethernet frames of a guest for the metadata service, checksums left out as by a guest that leaves them to its device.</summary>
internal static class MmdsFrames
{
    private const uint GuestAddress = 0x0a00_0002;
    private const int EthernetBytes = 14;
    private const int Ipv4Bytes = 20;
    private const int TcpBytes = 20;
    private const byte Tcp = 6;

    /// <summary>A TCP segment.</summary>
    /// <param name="port">The guest's port.</param>
    /// <param name="sequence">First sequence number.</param>
    /// <param name="acknowledgment">What is acknowledged.</param>
    /// <param name="flags">Control bits.</param>
    /// <param name="window">Bytes the guest takes.</param>
    /// <param name="payload">What is sent.</param>
    /// <param name="optionWords">Words of options: a segment size made of <paramref name="window"/>, then padding.</param>
    internal static byte[] Segment(
        ushort port, uint sequence, uint acknowledgment, TcpFlags flags, ushort window, ReadOnlySpan<byte> payload = default, int optionWords = 0)
    {
        int header = TcpBytes + (optionWords * 4);
        byte[] frame = new byte[EthernetBytes + Ipv4Bytes + header + payload.Length];
        MetadataNetwork.Mac.CopyTo(frame);
        frame[12] = 8;
        Span<byte> packet = frame.AsSpan(EthernetBytes);
        packet[0] = 0x45;
        BinaryPrimitives.WriteUInt16BigEndian(packet[2..], (ushort)packet.Length);
        packet[9] = Tcp;
        BinaryPrimitives.WriteUInt32BigEndian(packet[12..], GuestAddress);
        BinaryPrimitives.WriteUInt32BigEndian(packet[16..], MmdsConfig.DefaultAddress);
        Span<byte> segment = packet[Ipv4Bytes..];
        BinaryPrimitives.WriteUInt16BigEndian(segment, port);
        BinaryPrimitives.WriteUInt16BigEndian(segment[2..], MetadataNetwork.Port);
        BinaryPrimitives.WriteUInt32BigEndian(segment[4..], sequence);
        BinaryPrimitives.WriteUInt32BigEndian(segment[8..], acknowledgment);
        segment[12] = (byte)(header / 4 << 4);
        segment[13] = (byte)flags;
        BinaryPrimitives.WriteUInt16BigEndian(segment[14..], window);
        if (optionWords > 0)
        {
            BinaryPrimitives.WriteUInt32BigEndian(segment[TcpBytes..], (2u << 24) | (4u << 16) | (window % 600u));
        }

        payload.CopyTo(segment[header..]);
        return frame;
    }

    /// <summary>An ARP request for the service's address.</summary>
    internal static byte[] Arp()
    {
        byte[] frame = new byte[42];
        frame.AsSpan(0, 6).Fill(0xff);
        ReadOnlySpan<byte> request = [8, 6, 0, 1, 8, 0, 6, 4, 0, 1];
        request.CopyTo(frame.AsSpan(12));
        BinaryPrimitives.WriteUInt32BigEndian(frame.AsSpan(28), GuestAddress);
        BinaryPrimitives.WriteUInt32BigEndian(frame.AsSpan(38), MmdsConfig.DefaultAddress);
        return frame;
    }
}
