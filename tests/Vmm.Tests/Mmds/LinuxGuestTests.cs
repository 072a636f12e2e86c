using System.Net;
using System.Net.Sockets;
using System.Text;
using MicroVm.Vmm.Control;
using MicroVm.Vmm.Mmds;
using MicroVm.Vmm.Mmds.Network;
using static MicroVm.Vmm.Tests.Virtio.NetworkNamespace;

namespace MicroVm.Vmm.Tests.Mmds;

/// <summary>The metadata service and the TCP of Linux.</summary>
public sealed class LinuxGuestTests
{
    private const string Tap = "mvmmds0";
    private const int Clients = 8;

    private static readonly string s_text = string.Concat(Enumerable.Range(0, 40_000).Select(i => (char)('a' + (i % 26))));

    private static MetadataService Service(MmdsVersion version)
    {
        var service = new MetadataService(51_200) { Config = new MmdsConfig(["eth0"], version) };
        string document = """{"latest":{"meta-data":{"id":"i-1","text":"TEXT"}}}""".Replace("TEXT", s_text, StringComparison.Ordinal);
        Assert.True(service.Store.TryPut(Encoding.ASCII.GetBytes(document)));
        return service;
    }

    private static LinuxWire Connect(MetadataService service, int lossInterval = int.MaxValue)
    {
        var wire = new LinuxWire(Tap, new MetadataNetwork(service), lossInterval);
        Ip("address", "add", "172.16.0.2/24", "dev", Tap);
        Ip("link", "set", Tap, "up");
        Ip("route", "add", "169.254.169.254/32", "dev", Tap);
        return wire;
    }

    private static Socket Open(int port = 80)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { ReceiveTimeout = 30_000, SendTimeout = 30_000 };
        socket.Connect(IPAddress.Parse("169.254.169.254"), port);
        return socket;
    }

    /// <summary>One request over a connection that stays.</summary>
    private static (int Status, string Body) Ask(Socket socket, string request)
    {
        socket.Send(Encoding.ASCII.GetBytes(request));
        var answer = new StringBuilder();
        byte[] bytes = new byte[65_536];
        while (true)
        {
            string text = answer.ToString();
            int end = text.IndexOf("\r\n\r\n", StringComparison.Ordinal) + 4;
            if (end >= 4)
            {
                int at = text.IndexOf("Content-Length: ", StringComparison.Ordinal) + 16;
                int length = int.Parse(text.AsSpan(at, text.IndexOf('\r', at) - at));
                if (text.Length == end + length)
                {
                    return (int.Parse(text.AsSpan(9, 3)), text[end..]);
                }
            }

            int received = socket.Receive(bytes);
            Assert.NotEqual(0, received);
            answer.Append(Encoding.ASCII.GetString(bytes, 0, received));
        }
    }

    [Fact]
    public void Linux_WithASessionToken_ReadsItsMetadata() => Run(() =>
    {
        MetadataService service = Service(MmdsVersion.V2);
        using LinuxWire wire = Connect(service);
        using (Socket socket = Open())
        {
            Assert.Equal(401, Ask(socket, "GET /latest/meta-data/id HTTP/1.1\r\n\r\n").Status);
            (int status, string token) = Ask(socket, "PUT /latest/api/token HTTP/1.1\r\nX-metadata-token-ttl-seconds: 60\r\n\r\n");
            Assert.Equal(200, status);
            string header = $"X-metadata-token: {token}\r\n";
            Assert.Equal((200, "i-1"), Ask(socket, $"GET /latest/meta-data/id HTTP/1.1\r\n{header}\r\n"));
            Assert.Equal((200, s_text), Ask(socket, $"GET /latest/meta-data/text HTTP/1.1\r\n{header}\r\n"));
            string longRequest = $"GET /latest/meta-data/id HTTP/1.1\r\n{header}X: {new string('x', 2000)}\r\n\r\n";
            Assert.Equal((200, "i-1"), Ask(socket, longRequest));
            socket.Shutdown(SocketShutdown.Send);
            Assert.Equal(0, socket.Receive(new byte[1]));
        }

        Assert.True(!wire.HasOffloads || wire.PartialChecksums > 0);
        Assert.Equal((0, 0), (service.Metrics.RxMalformed, service.Metrics.TxRetransmissions));
    });

    [Fact]
    public void Linux_OverAWireThatLoses_ReadsItsMetadata() => Run(() =>
    {
        MetadataService service = Service(MmdsVersion.V1);
        using LinuxWire wire = Connect(service, lossInterval: 13);
        using Socket socket = Open();
        for (int i = 0; i < 3; i++)
        {
            Assert.Equal((200, s_text), Ask(socket, "GET /latest/meta-data/text HTTP/1.1\r\n\r\n"));
        }

        Assert.InRange(service.Metrics.TxRetransmissions, 1, 1000);
    });

    [Fact]
    public void Linux_WithManyConnections_ReadsOnAllOfThem() => Run(() =>
    {
        MetadataService service = Service(MmdsVersion.V1);
        using LinuxWire wire = Connect(service);
        int right = 0;
        var threads = new List<Thread>();
        for (int i = 0; i < Clients; i++)
        {
            // A thread is in the namespace of the one that starts it.
            var thread = new Thread(() =>
            {
                for (int connection = 0; connection < 5; connection++)
                {
                    using Socket socket = Open();
                    Interlocked.Add(ref right, Ask(socket, "GET /latest/meta-data/text HTTP/1.1\r\n\r\n") == (200, s_text) ? 1 : 0);
                }
            });
            thread.Start();
            threads.Add(thread);
        }

        threads.ForEach(thread => thread.Join());
        Assert.Equal(Clients * 5, right);
        Assert.Equal(Clients * 5, service.Metrics.ConnectionsCreated);
    });

    [Fact]
    public void Linux_AtAnotherPort_IsRefused() => Run(() =>
    {
        using LinuxWire wire = Connect(Service(MmdsVersion.V1));
        Assert.Equal(SocketError.ConnectionRefused, Assert.Throws<SocketException>(() => Open(81)).SocketErrorCode);
    });

    [Fact]
    public void Linux_ThatGetsTheEnd_SeesIt() => Run(() =>
    {
        using LinuxWire wire = Connect(Service(MmdsVersion.V1));
        using Socket socket = Open();
        Assert.Equal((200, "i-1"), Ask(socket, "GET /latest/meta-data/id HTTP/1.0\r\n\r\n"));
        Assert.Equal(0, socket.Receive(new byte[1]));
    });
}
