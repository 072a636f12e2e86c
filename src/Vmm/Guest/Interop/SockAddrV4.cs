namespace MicroVm.Vmm.Guest.Interop;

/// <summary><c>struct sockaddr_in</c> of <c>&lt;netinet/in.h&gt;</c>: 16 bytes; port and address are big-endian.</summary>
internal unsafe struct SockAddrV4
{
    internal const ushort FamilyInet = 2;

    internal ushort Family;
    internal ushort Port;
    internal fixed byte Address[4];
    internal fixed byte Zero[8];
}
