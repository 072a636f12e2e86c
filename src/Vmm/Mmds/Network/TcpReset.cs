using MicroVm.Vmm.Control;

namespace MicroVm.Vmm.Mmds.Network;

/// <summary>A reset that is to be sent.</summary>
internal readonly record struct TcpReset(TcpPeer Peer, MacAddress Mac, ushort LocalPort, uint Sequence, uint Acknowledgment, TcpFlags Flags)
{
    /// <summary>The answer to a segment that belongs to no connection (RFC 9293 section 3.10.7.1).</summary>
    internal static TcpReset To(in TcpSegment segment, TcpPeer peer, MacAddress mac) =>
        segment.Has(TcpFlags.Ack)
            ? new TcpReset(peer, mac, segment.DestinationPort, segment.Acknowledgment, 0, TcpFlags.Rst)
            : new TcpReset(peer, mac, segment.DestinationPort, 0, segment.End, TcpFlags.Rst | TcpFlags.Ack);
}
