using System.Text;

namespace MicroVm.Benchmarks.Nested.Interop;

/// <summary><c>struct sockaddr_un</c> of <c>&lt;sys/un.h&gt;</c>: 110 bytes.</summary>
internal unsafe struct SockAddrUn
{
    internal const int FamilyUnix = 1;
    private const int PathBytes = 108;

    internal ushort Family;
    private fixed byte _path[PathBytes];

    internal static SockAddrUn Of(string path)
    {
        SockAddrUn address = new() { Family = FamilyUnix };
        // One byte less than the field: the kernel and we both want the zero at the end.
        Encoding.UTF8.GetBytes(path, new Span<byte>(address._path, PathBytes - 1));
        return address;
    }
}
