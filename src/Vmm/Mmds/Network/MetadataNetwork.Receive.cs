using MicroVm.Vmm.Control;

namespace MicroVm.Vmm.Mmds.Network;

/// <content>Frames of the guest. Every length is checked against what is there; what does not fit together is counted and forgotten.</content>
internal sealed partial class MetadataNetwork
{
    private const ushort TypeIpv4 = 0x0800;
    private const ushort TypeArp = 0x0806;
    private const int TypeOffset = 12;
    private const int ArpTargetOffset = EthernetBytes + 24;
    private const int Ipv4TargetOffset = EthernetBytes + 16;
    private const int ArpBytes = 28;
    private const byte ProtocolTcp = 6;

    /// <summary>More fragments flag and fragment offset.</summary>
    private const ushort FragmentMask = 0x3fff;

    public bool Takes(ReadOnlySpan<byte> start)
    {
        if (start.Length < EthernetBytes)
        {
            return false;
        }

        if (ReadMac(start) == Mac)
        {
            return true;
        }

        int target = NetworkOrder.Read16(start, TypeOffset) switch
        {
            TypeIpv4 => Ipv4TargetOffset,
            TypeArp => ArpTargetOffset,
            _ => int.MaxValue - sizeof(uint),
        };
        return start.Length >= target + sizeof(uint) && NetworkOrder.Read32(start, target) == _address;
    }

    public void Accept(ReadOnlySpan<byte> frame)
    {
        _service.Metrics.RxAccepted++;
        if (frame.Length < EthernetBytes)
        {
            _service.Metrics.RxMalformed++;
            return;
        }

        MacAddress source = ReadMac(frame[MacAddress.SizeBytes..]);
        switch (NetworkOrder.Read16(frame, TypeOffset))
        {
            case TypeArp:
                AcceptArp(frame[EthernetBytes..]);
                break;
            case TypeIpv4:
                AcceptIpv4(frame[EthernetBytes..], source);
                break;
            default:
                _service.Metrics.RxUnusual++;
                break;
        }
    }

    private void AcceptArp(ReadOnlySpan<byte> arp)
    {
        // RFC 826: Ethernet, IPv4, their lengths, a request; padding may follow.
        ReadOnlySpan<byte> request = [0, 1, 8, 0, 6, 4, 0, 1];
        if (arp.Length < ArpBytes)
        {
            _service.Metrics.RxMalformed++;
        }
        else if (arp.StartsWith(request) && NetworkOrder.Read32(arp, ArpTargetOffset - EthernetBytes) == _address)
        {
            _arpReply = (ReadMac(arp[8..]), NetworkOrder.Read32(arp, 14));
        }
        else
        {
            _service.Metrics.RxUnusual++;
        }
    }

    private void AcceptIpv4(ReadOnlySpan<byte> packet, MacAddress source)
    {
        // RFC 791 section 3.1. The frame may be padded, but must not be shorter than the packet in it.
        int headerBytes = packet.Length < Ipv4Bytes || packet[0] >> 4 != 4 ? 0 : (packet[0] & 15) * 4;
        int totalBytes = headerBytes == 0 ? 0 : NetworkOrder.Read16(packet, 2);
        if (headerBytes < Ipv4Bytes || totalBytes < headerBytes || totalBytes > packet.Length)
        {
            _service.Metrics.RxMalformed++;
            return;
        }

        bool isForUs = NetworkOrder.Read32(packet, Ipv4TargetOffset - EthernetBytes) == _address
            && packet[9] == ProtocolTcp
            && (NetworkOrder.Read16(packet, 6) & FragmentMask) == 0;
        if (!isForUs)
        {
            _service.Metrics.RxUnusual++;
        }
        else if (TcpSegment.TryParse(packet[headerBytes..totalBytes], out TcpSegment segment))
        {
            _service.Metrics.RxSegments++;
            AcceptSegment(segment, new TcpPeer(NetworkOrder.Read32(packet, 12), segment.SourcePort), source);
        }
        else
        {
            _service.Metrics.RxMalformed++;
        }
    }

    private void AcceptSegment(in TcpSegment segment, TcpPeer peer, MacAddress mac)
    {
        int index = segment.DestinationPort == Port ? IndexOf(peer) : -1;
        if (index >= 0)
        {
            Pass(index, segment, mac);
        }
        else if (segment.DestinationPort == Port && segment.Flags == TcpFlags.Syn)
        {
            Open(segment, peer, mac);
        }
        else
        {
            _service.Metrics.RxUnusual++;
            RefuseUnlessReset(segment, peer, mac);
        }
    }

    private void Pass(int index, in TcpSegment segment, MacAddress mac)
    {
        TcpConnection connection = _connections[index]!;
        TcpOutcome outcome = connection.Receive(segment, mac, this, Now);
        _service.Metrics.RxUnusual += outcome == TcpOutcome.Taken ? 0 : 1;
        if (outcome == TcpOutcome.Foreign)
        {
            RefuseUnlessReset(segment, connection.Peer, mac);
        }
        else if (outcome == TcpOutcome.Broken)
        {
            Enqueue(connection.Reset);
            Remove(index);
        }
        else if (connection.IsOver)
        {
            Remove(index);
        }
    }

    private void Open(in TcpSegment syn, TcpPeer peer, MacAddress mac)
    {
        if (!TryFindSlot(out int index))
        {
            _service.Metrics.RxUnusual++;
            RefuseUnlessReset(syn, peer, mac);
            return;
        }

        if (!_spare.TryDequeue(out TcpConnection? connection))
        {
            connection = new TcpConnection();
        }

        _nextSequence += 0x0100_0000;
        connection.Open(syn, peer, mac, _nextSequence, Now);
        _connections[index] = connection;
        _connectionCount++;
        _service.Metrics.ConnectionsCreated++;
    }

    /// <summary>A free place, if need be that of the connection that was silent longest.</summary>
    private bool TryFindSlot(out int index)
    {
        index = Array.IndexOf(_connections, null);
        if (index >= 0)
        {
            return true;
        }

        index = 0;
        for (int i = 1; i < MaxConnections; i++)
        {
            index = _connections[i]!.LastHeard < _connections[index]!.LastHeard ? i : index;
        }

        if (Now - _connections[index]!.LastHeard < SilenceMilliseconds)
        {
            return false;
        }

        Enqueue(_connections[index]!.Reset);
        Remove(index);
        return true;
    }

    private int IndexOf(TcpPeer peer)
    {
        for (int i = 0; i < MaxConnections; i++)
        {
            if (_connections[i] is { } connection && connection.Peer == peer)
            {
                return i;
            }
        }

        return -1;
    }

    private void RefuseUnlessReset(in TcpSegment segment, TcpPeer peer, MacAddress mac)
    {
        // A reset is never answered with one (RFC 9293 section 3.5.2).
        if (!segment.Has(TcpFlags.Rst))
        {
            Enqueue(TcpReset.To(segment, peer, mac));
        }
    }

    private static MacAddress ReadMac(ReadOnlySpan<byte> bytes) =>
        new(((ulong)NetworkOrder.Read16(bytes, 0) << 32) | NetworkOrder.Read32(bytes, 2));
}
