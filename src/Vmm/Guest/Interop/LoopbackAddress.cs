using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace MicroVm.Vmm.Guest.Interop;

/// <summary>TCP connections to this machine's own ports.</summary>
internal static unsafe class LoopbackAddress
{
    private const int TypeStream = 1;
    private const int SocketLevel = 1;
    private const int SocketError = 4;

    /// <summary>Begins a connection to <c>127.0.0.1</c> or <c>::1</c>; its outcome comes as readiness for writing.</summary>
    /// <returns>A non-blocking socket, or minus the errno of what failed at once.</returns>
    internal static int Connect(bool overIpV6, int port)
    {
        int fd = Libc.socket(overIpV6 ? SockAddrV6.FamilyInet6 : SockAddrV4.FamilyInet, TypeStream | Fd.NonBlock | Fd.CloseOnExec, 0);
        if (fd < 0)
        {
            return -Marshal.GetLastPInvokeError();
        }

        if ((overIpV6 ? ConnectV6(fd, port) : ConnectV4(fd, port)) == 0 || Marshal.GetLastPInvokeError() == Errno.InProgress)
        {
            return fd;
        }

        int errno = Marshal.GetLastPInvokeError();
        _ = Libc.close(fd);
        return -errno;
    }

    /// <summary>SO_ERROR: how the attempt ended; 0 when there is a connection.</summary>
    internal static int Outcome(int fd)
    {
        int error = 0;
        uint length = sizeof(int);
        // SAFETY: the kernel writes one int.
        _ = Libc.getsockopt(fd, SocketLevel, SocketError, &error, &length);
        return error;
    }

    private static int ConnectV4(int fd, int port)
    {
        SockAddrV4 address = new() { Family = SockAddrV4.FamilyInet, Port = BinaryPrimitives.ReverseEndianness((ushort)port) };
        address.Address[0] = 127;
        address.Address[3] = 1;
        // SAFETY: the kernel copies the structure during the call.
        return Libc.connect(fd, &address, (uint)sizeof(SockAddrV4));
    }

    private static int ConnectV6(int fd, int port)
    {
        SockAddrV6 address = new() { Family = SockAddrV6.FamilyInet6, Port = BinaryPrimitives.ReverseEndianness((ushort)port) };
        address.Address[15] = 1;
        // SAFETY: the kernel copies the structure during the call.
        return Libc.connect(fd, &address, (uint)sizeof(SockAddrV6));
    }
}
