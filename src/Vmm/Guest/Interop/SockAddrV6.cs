namespace MicroVm.Vmm.Guest.Interop;

/// <summary><c>struct sockaddr_in6</c> of <c>&lt;netinet/in.h&gt;</c>: 28 bytes; port and address are big-endian.</summary>
internal unsafe struct SockAddrV6
{
    internal const ushort FamilyInet6 = 10;

    internal ushort Family;
    internal ushort Port;
    internal uint FlowInfo;
    internal fixed byte Address[16];
    internal uint ScopeId;
}
