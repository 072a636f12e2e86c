using System.Runtime.InteropServices;

namespace MicroVm.Benchmarks.Nested.Interop;

/// <summary><c>struct ifreq</c> of <c>&lt;net/if.h&gt;</c> with its address member, an IPv4 <c>sockaddr_in</c>: 40 bytes.</summary>
[StructLayout(LayoutKind.Sequential, Size = 40)]
internal unsafe struct InterfaceAddressRequest
{
    internal fixed byte Name[16];
    internal SockAddrIn Address;
}
