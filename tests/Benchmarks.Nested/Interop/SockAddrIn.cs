using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace MicroVm.Benchmarks.Nested.Interop;

/// <summary><c>struct sockaddr_in</c> of <c>&lt;netinet/in.h&gt;</c>: 16 bytes, port and address in network order.</summary>
[StructLayout(LayoutKind.Sequential, Size = 16)]
internal struct SockAddrIn
{
    internal const int FamilyInet = 2;

    internal ushort Family;
    internal ushort NetworkPort;
    internal uint NetworkAddress;

    internal static SockAddrIn Of(string address, int port) => new()
    {
        Family = FamilyInet,
        NetworkPort = BinaryPrimitives.ReverseEndianness((ushort)port),
        NetworkAddress = BitConverter.ToUInt32(System.Net.IPAddress.Parse(address).GetAddressBytes()),
    };
}
