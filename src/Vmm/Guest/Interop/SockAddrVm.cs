namespace MicroVm.Vmm.Guest.Interop;

/// <summary><c>struct sockaddr_vm</c> of <c>&lt;linux/vm_sockets.h&gt;</c>: 16 bytes.</summary>
internal struct SockAddrVm
{
    internal ushort Family;
    internal ushort Reserved;
    internal uint Port;
    internal uint Cid;
    internal uint FlagsAndZero;
}
