namespace MicroVm.Vmm.Mmds.Network;

/// <summary>Control bits of a TCP segment (RFC 9293 section 3.1) that matter here.</summary>
[Flags]
internal enum TcpFlags : byte
{
    None = 0,
    Fin = 0x01,
    Syn = 0x02,
    Rst = 0x04,
    Psh = 0x08,
    Ack = 0x10,

    /// <summary>All of these; a SYN of a guest that would like ECN (RFC 3168) has two more, which need no answer.</summary>
    Known = 0x1f,
}
