using MicroVm.Benchmarks.Nested.Interop;
using MicroVm.Vmm.Guest.Interop;

namespace MicroVm.Benchmarks.Nested.Host;

/// <summary>The nested host's ends of the guests' messages and streams: a thread for each listener and each connection.</summary>
internal static unsafe class Peers
{
    private const int TypeStream = 1, TypeDatagram = 2;
    private const int StackBytes = 256 << 10;
    private static bool s_servesNetwork;

    /// <summary>UDP and TCP on every interface.</summary>
    internal static void ServeNetwork()
    {
        if (s_servesNetwork)
        {
            return;
        }

        s_servesNetwork = true;
        int datagrams = Bind(NestedProtocol.DatagramEchoPort, TypeDatagram);
        Run(() => EchoDatagrams(datagrams));
        Listen(Bind(NestedProtocol.EchoPort, TypeStream), Echo);
        Listen(Bind(NestedProtocol.SinkPort, TypeStream), Sink);
        Listen(Bind(NestedProtocol.SourcePort, TypeStream), Source);
    }

    /// <summary>Where a hybrid vsock connects to when its guest does: PATH_PORT.</summary>
    internal static void ServeVsock(string path)
    {
        Listen(BindUnix($"{path}_{NestedProtocol.EchoPort}"), Echo);
        Listen(BindUnix($"{path}_{NestedProtocol.SinkPort}"), Sink);
        Listen(BindUnix($"{path}_{NestedProtocol.SourcePort}"), Source);
    }

    private static void Run(Action action) => new Thread(() => action(), StackBytes) { IsBackground = true }.Start();

    private static void Listen(int fd, Action<int> serve)
    {
        OsFaultException.Check(Native.listen(fd, 8), "listen", "stream");
        Run(() =>
        {
            while (true)
            {
                int connection = OsFaultException.Check(Native.accept4(fd, null, null, Fd.CloseOnExec), "accept", "stream");
                Streams.SetNoDelay(connection);
                Run(() => serve(connection));
            }
        });
    }

    private static void EchoDatagrams(int fd)
    {
        byte* buffer = Streams.Buffer(4096);
        SockAddrIn from;
        while (true)
        {
            uint length = (uint)sizeof(SockAddrIn);
            // SAFETY: the kernel writes at most the buffer and one address, and reads what it wrote.
            nint count = Native.recvfrom(fd, buffer, 4096, 0, &from, &length);
            _ = Native.sendto(fd, buffer, (nuint)Math.Max(count, 0), 0, &from, length);
        }
    }

    private static void Echo(int fd)
    {
        byte* buffer = Streams.Buffer(NestedProtocol.MessageBytes);
        while (Streams.ReceiveAll(fd, buffer, NestedProtocol.MessageBytes))
        {
            Streams.SendAll(fd, buffer, NestedProtocol.MessageBytes);
        }
    }

    private static void Sink(int fd)
    {
        byte* buffer = Streams.Buffer(NestedProtocol.StreamChunkBytes);
        long length;
        while (Streams.ReceiveAll(fd, (byte*)&length, sizeof(long)) && Streams.Drain(fd, buffer, length))
        {
            Streams.SendAll(fd, buffer, 1);
        }
    }

    private static void Source(int fd)
    {
        byte* buffer = Streams.Buffer(NestedProtocol.StreamChunkBytes);
        long length;
        while (Streams.ReceiveAll(fd, (byte*)&length, sizeof(long)))
        {
            Streams.Fill(fd, buffer, length);
        }
    }

    private static int Bind(int port, int type)
    {
        int fd = OsFaultException.Check(Libc.socket(SockAddrIn.FamilyInet, type | Fd.CloseOnExec, 0), "socket", "AF_INET");
        SockAddrIn address = SockAddrIn.Of("0.0.0.0", port);
        // SAFETY: the kernel reads one address.
        OsFaultException.Check(Libc.bind(fd, &address, (uint)sizeof(SockAddrIn)), "bind", $"port {port}");
        return fd;
    }

    private static int BindUnix(string path)
    {
        File.Delete(path);
        int fd = OsFaultException.Check(Libc.socket(SockAddrUn.FamilyUnix, TypeStream | Fd.CloseOnExec, 0), "socket", "AF_UNIX");
        SockAddrUn address = SockAddrUn.Of(path);
        // SAFETY: the kernel reads one address.
        OsFaultException.Check(Libc.bind(fd, &address, (uint)sizeof(SockAddrUn)), "bind", path);
        return fd;
    }
}
