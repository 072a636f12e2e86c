using System.Runtime.InteropServices;
using System.Text;

namespace MicroVm.Vmm.Interop.Linux;

/// <summary>Non-blocking, close-on-exec Unix stream sockets by path. Transfers return a negative errno instead of throwing.</summary>
internal static unsafe class UnixSocket
{
    private const int Unix = 1;
    private const int StreamNonBlockCloseOnExec = 1 | NonBlockCloseOnExec;
    private const int NonBlockCloseOnExec = 0x800 | 0x80000;
    private const int OpenNonBlockCloseOnExec = 0x800 | 0x80000;
    private const int NoSignal = 0x4000;
    private const int Peek = 0x2;
    private const int NoDeviceOrAddress = 6;
    private const int NameTooLong = 36;
    private const int AddressInUse = 98;
    private const int ConnectionRefused = 111;

    /// <summary>Listens at <paramref name="path"/>; a socket file there that nobody listens at any more is replaced, anything else is not.</summary>
    /// <exception cref="OsFaultException">The path is taken, too long, or cannot be created.</exception>
    internal static int Listen(string path, int backlog)
    {
        int fd = Open(path);
        if (!TryBind(fd, path, out int errno) && errno == AddressInUse && IsStale(path))
        {
            _ = Libc.unlink(path);
            TryBind(fd, path, out errno);
        }

        if (errno == 0 && Libc.listen(fd, backlog) != 0)
        {
            errno = Marshal.GetLastPInvokeError();
            _ = Libc.unlink(path);
        }

        if (errno != 0)
        {
            _ = Libc.close(fd);
            throw new OsFaultException("bind", path, errno);
        }

        return fd;
    }

    /// <summary>A socket connected to <paramref name="path"/>, or a negative errno; a listener with a full backlog is EAGAIN.</summary>
    internal static int TryConnect(string path)
    {
        if (!TryAddress(path, out SockAddrUn address))
        {
            return -NameTooLong;
        }

        int fd = Libc.socket(Unix, StreamNonBlockCloseOnExec, 0);
        if (fd < 0)
        {
            return -Marshal.GetLastPInvokeError();
        }

        // SAFETY: the kernel reads the structure during the call.
        if (Libc.connect(fd, &address, (uint)sizeof(SockAddrUn)) == 0)
        {
            return fd;
        }

        int errno = Marshal.GetLastPInvokeError();
        _ = Libc.close(fd);
        return -errno;
    }

    /// <summary>The next client of a listening socket, or a negative errno.</summary>
    internal static int TryAccept(int listener)
    {
        // SAFETY: no address is asked for.
        int fd = Libc.accept4(listener, null, null, NonBlockCloseOnExec);
        return fd >= 0 ? fd : -Marshal.GetLastPInvokeError();
    }

    /// <summary>Bytes received, 0 at the end of the stream, or a negative errno. With <paramref name="peek"/> they stay in the socket.</summary>
    internal static int Receive(int fd, Span<byte> destination, bool peek = false)
    {
        fixed (byte* pointer = destination)
        {
            // SAFETY: pinned, and the kernel writes at most its length.
            return Result(Libc.recv(fd, pointer, (nuint)destination.Length, peek ? Peek : 0));
        }
    }

    /// <summary>Bytes received into the vectors, 0 at the end of the stream, or a negative errno.</summary>
    internal static int Receive(int fd, ReadOnlySpan<IoVec> destination)
    {
        fixed (IoVec* pointer = destination)
        {
            // SAFETY: the caller's vectors are checked guest RAM.
            return Result(Libc.readv(fd, pointer, destination.Length));
        }
    }

    /// <summary>Bytes sent, or a negative errno; never a SIGPIPE.</summary>
    internal static int Send(int fd, ReadOnlySpan<byte> source)
    {
        fixed (byte* pointer = source)
        {
            // SAFETY: pinned, and the kernel reads at most its length.
            return Result(Libc.send(fd, pointer, (nuint)source.Length, NoSignal));
        }
    }

    /// <summary>Bytes sent from the vectors, or a negative errno; never a SIGPIPE.</summary>
    internal static int Send(int fd, ReadOnlySpan<IoVec> source)
    {
        fixed (IoVec* pointer = source)
        {
            // SAFETY: the caller's vectors are checked guest RAM; the header lives on the stack during the call.
            MsgHdr message = new() { Vectors = pointer, VectorCount = (nuint)source.Length };
            return Result(Libc.sendmsg(fd, &message, NoSignal));
        }
    }

    private static int Result(nint value) => value >= 0 ? (int)value : -Marshal.GetLastPInvokeError();

    private static int Open(string path)
    {
        int fd = Libc.socket(Unix, StreamNonBlockCloseOnExec, 0);
        return fd >= 0 ? fd : throw OsFaultException.FromLastError("socket", path);
    }

    private static bool TryBind(int fd, string path, out int errno)
    {
        if (!TryAddress(path, out SockAddrUn address))
        {
            errno = NameTooLong;
            return false;
        }

        // SAFETY: the kernel reads the structure during the call.
        errno = Libc.bind(fd, &address, (uint)sizeof(SockAddrUn)) == 0 ? 0 : Marshal.GetLastPInvokeError();
        return errno == 0;
    }

    /// <summary>A socket file (opening one gives ENXIO, unlike any other file) at which nobody listens.</summary>
    private static bool IsStale(string path)
    {
        int file = Libc.open(path, OpenNonBlockCloseOnExec, 0);
        if (file >= 0)
        {
            _ = Libc.close(file);
            return false;
        }

        if (Marshal.GetLastPInvokeError() != NoDeviceOrAddress)
        {
            return false;
        }

        int peer = TryConnect(path);
        if (peer >= 0)
        {
            _ = Libc.close(peer);
        }

        return peer == -ConnectionRefused;
    }

    private static bool TryAddress(string path, out SockAddrUn address)
    {
        address = new SockAddrUn { Family = Unix };
        fixed (byte* destination = address.Path)
        {
            // SAFETY: the span is the fixed buffer without its last byte, which stays NUL.
            return Encoding.UTF8.TryGetBytes(path, new Span<byte>(destination, SockAddrUn.MaxPathBytes), out int written) && written > 0;
        }
    }
}
