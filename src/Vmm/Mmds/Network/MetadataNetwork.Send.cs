using MicroVm.Vmm.Control;

namespace MicroVm.Vmm.Mmds.Network;

/// <content>Frames for the guest: first what is owed to ARP, then resets, then the connections in turn.</content>
internal sealed partial class MetadataNetwork
{
    /// <summary>As Firecracker's: no packet of the service goes further than one hop.</summary>
    private const byte TimeToLive = 1;

    private const ushort DontFragment = 0x4000;

    public int Write(Span<byte> frame)
    {
        int bytes = 0;
        if (_arpReply is { } reply)
        {
            _arpReply = null;
            bytes = WriteArp(frame, reply.Mac, reply.Address);
        }
        else if (_resetCount != 0)
        {
            bytes = WriteReset(frame, _resets[--_resetCount]);
        }
        else if (FindSender() is { } index)
        {
            bytes = WriteSegment(frame, index);
        }

        _service.Metrics.TxFrames += bytes == 0 ? 0 : 1;
        _service.Metrics.TxBytes += bytes;
        return bytes;
    }

    /// <summary>The next connection that has something to send, with those whose time is over set back.</summary>
    private int? FindSender()
    {
        long now = Now;
        for (int i = 0; i < MaxConnections; i++)
        {
            int index = (_turn + i) % MaxConnections;
            if (_connections[index] is not { } connection)
            {
                continue;
            }

            long before = connection.Retransmissions;
            connection.Expire(now);
            _service.Metrics.TxRetransmissions += connection.Retransmissions - before;
            if (connection.HasSegment)
            {
                return index;
            }
        }

        return null;
    }

    private int WriteSegment(Span<byte> frame, int index)
    {
        _turn = (index + 1) % MaxConnections;
        TcpConnection connection = _connections[index]!;
        int bytes = connection.Write(frame[(EthernetBytes + Ipv4Bytes)..]);
        bytes = Finish(frame, bytes, connection.Peer, connection.PeerMac, Port);
        if (connection.IsOver)
        {
            Remove(index);
        }

        return bytes;
    }

    private int WriteReset(Span<byte> frame, in TcpReset reset)
    {
        Span<byte> segment = frame.Slice(EthernetBytes + Ipv4Bytes, TcpSegment.HeaderBytes);
        segment.Clear();
        NetworkOrder.Write32(segment, 4, reset.Sequence);
        NetworkOrder.Write32(segment, 8, reset.Acknowledgment);
        segment[12] = TcpSegment.HeaderBytes / 4 << 4;
        segment[13] = (byte)reset.Flags;
        return Finish(frame, TcpSegment.HeaderBytes, reset.Peer, reset.Mac, reset.LocalPort);
    }

    private int WriteArp(Span<byte> frame, MacAddress mac, uint address)
    {
        WriteEthernet(frame, mac, TypeArp);
        Span<byte> arp = frame.Slice(EthernetBytes, ArpBytes);
        ReadOnlySpan<byte> reply = [0, 1, 8, 0, 6, 4, 0, 2];
        reply.CopyTo(arp);
        Mac.CopyTo(arp[8..]);
        NetworkOrder.Write32(arp, 14, _address);
        mac.CopyTo(arp[18..]);
        NetworkOrder.Write32(arp, 24, address);
        return EthernetBytes + ArpBytes;
    }

    /// <summary>Puts the headers before a segment that is in its place, and the checksums into them; returns the frame's bytes.</summary>
    private int Finish(Span<byte> frame, int segmentBytes, TcpPeer peer, MacAddress mac, ushort localPort)
    {
        WriteEthernet(frame, mac, TypeIpv4);
        Span<byte> header = frame.Slice(EthernetBytes, Ipv4Bytes);
        header.Clear();
        header[0] = (4 << 4) | (Ipv4Bytes / 4);
        NetworkOrder.Write16(header, 2, Ipv4Bytes + segmentBytes);
        NetworkOrder.Write16(header, 6, DontFragment);
        header[8] = TimeToLive;
        header[9] = ProtocolTcp;
        NetworkOrder.Write32(header, 12, _address);
        NetworkOrder.Write32(header, 16, peer.Address);
        NetworkOrder.Write16(header, 10, NetworkOrder.Checksum(header));

        Span<byte> segment = frame.Slice(EthernetBytes + Ipv4Bytes, segmentBytes);
        NetworkOrder.Write16(segment, 0, localPort);
        NetworkOrder.Write16(segment, 2, peer.Port);

        // The pseudo header of RFC 9293 section 3.1.
        uint sum = (_address >> 16) + (_address & 0xffff) + (peer.Address >> 16) + (peer.Address & 0xffff) + ProtocolTcp + (uint)segmentBytes;
        NetworkOrder.Write16(segment, 16, NetworkOrder.Checksum(segment, sum));
        return EthernetBytes + Ipv4Bytes + segmentBytes;
    }

    private static void WriteEthernet(Span<byte> frame, MacAddress target, ushort type)
    {
        target.CopyTo(frame);
        Mac.CopyTo(frame[MacAddress.SizeBytes..]);
        NetworkOrder.Write16(frame, TypeOffset, type);
    }
}
