using MicroVm.Benchmarks.Nested.Interop;
using MicroVm.Vmm.Guest.Interop;

namespace MicroVm.Benchmarks.Nested.Guest;

/// <summary>Messages and streams between the guest and the nested host, over the network interface or vsock.</summary>
internal static unsafe class NetLoad
{
    private const int FamilyVsock = 40, TypeStream = 1, TypeDatagram = 2;
    private const uint HostCid = 2;
    private static readonly Dictionary<(bool Vsock, int Port), int> s_streams = [];
    private static readonly byte* s_buffer = Streams.Buffer(NestedProtocol.StreamChunkBytes);
    private static int s_datagrams = -1;

    private static string Peer => Environment.GetEnvironmentVariable("bench_peer")
        ?? throw new InvalidOperationException("bench_peer: expected the host's address on the kernel's command line, found nothing");

    internal static Action PrepareDatagrams(int count)
    {
        if (s_datagrams < 0)
        {
            s_datagrams = OsFaultException.Check(Libc.socket(SockAddrIn.FamilyInet, TypeDatagram | Fd.CloseOnExec, 0), "socket", "UDP");
            SockAddrIn address = SockAddrIn.Of(Peer, NestedProtocol.DatagramEchoPort);
            // SAFETY: the kernel reads one address.
            OsFaultException.Check(Libc.connect(s_datagrams, &address, (uint)sizeof(SockAddrIn)), "connect", Peer);
        }

        return () => Echo(s_datagrams, count);
    }

    /// <param name="vsock">Over vsock, else TCP.</param>
    /// <param name="kind">echo, out or in.</param>
    /// <param name="amount">Round trips, or MiB.</param>
    internal static Action PrepareStream(bool vsock, string kind, int amount)
    {
        switch (kind)
        {
            case "echo":
                int echo = Connect(vsock, NestedProtocol.EchoPort);
                return () => Echo(echo, amount);
            case "out":
                int sink = Connect(vsock, NestedProtocol.SinkPort);
                return () => SendOut(sink, (long)amount << 20);
            case "in":
                int source = Connect(vsock, NestedProtocol.SourcePort);
                return () => TakeIn(source, (long)amount << 20);
            default:
                throw new InvalidDataException($"expected echo, out or in, found '{kind}'");
        }
    }

    private static void Echo(int fd, int count)
    {
        for (int i = 0; i < count; i++)
        {
            Streams.SendAll(fd, s_buffer, NestedProtocol.MessageBytes);
            Require(Streams.ReceiveAll(fd, s_buffer, NestedProtocol.MessageBytes));
        }
    }

    private static void SendOut(int fd, long bytes)
    {
        Streams.SendAll(fd, (byte*)&bytes, sizeof(long));
        Streams.Fill(fd, s_buffer, bytes);
        Require(Streams.ReceiveAll(fd, s_buffer, 1));
    }

    private static void TakeIn(int fd, long bytes)
    {
        Streams.SendAll(fd, (byte*)&bytes, sizeof(long));
        Require(Streams.Drain(fd, s_buffer, bytes));
    }

    private static int Connect(bool vsock, int port)
    {
        if (s_streams.TryGetValue((vsock, port), out int known))
        {
            return known;
        }

        int fd = OsFaultException.Check(
            Libc.socket(vsock ? FamilyVsock : SockAddrIn.FamilyInet, TypeStream | Fd.CloseOnExec, 0), "socket", vsock ? "vsock" : "TCP");
        // SAFETY: the kernel reads one address.
        if (vsock)
        {
            SockAddrVm address = new() { Family = FamilyVsock, Port = (uint)port, Cid = HostCid };
            OsFaultException.Check(Libc.connect(fd, &address, (uint)sizeof(SockAddrVm)), "connect", $"vsock port {port}");
        }
        else
        {
            SockAddrIn address = SockAddrIn.Of(Peer, port);
            OsFaultException.Check(Libc.connect(fd, &address, (uint)sizeof(SockAddrIn)), "connect", $"{Peer}:{port}");
            Streams.SetNoDelay(fd);
        }

        return s_streams[(vsock, port)] = fd;
    }

    private static void Require(bool there)
    {
        if (!there)
        {
            throw new InvalidDataException("the host closed the stream");
        }
    }
}
