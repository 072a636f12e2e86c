namespace MicroVm.Vmm.Guest.Interop;

/// <summary><c>struct sockaddr_nl</c> of <c>&lt;linux/netlink.h&gt;</c>: 12 bytes.</summary>
internal struct SockAddrNl
{
    internal ushort Family;
    internal ushort Pad;
    internal uint PortId;
    internal uint Groups;
}
