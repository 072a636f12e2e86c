using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;
using MicroVm.EdgeAgent.Diagnostics;
using MicroVm.EdgeAgent.Networks;
using MicroVm.EdgeAgent.Networks.Names;
using MicroVm.EdgeAgent.Tests.TestDoubles;
using MicroVm.Shared.Contracts.Desired;
using MicroVm.Shared.Identity;

namespace MicroVm.EdgeAgent.Tests.Networks.Names;

public sealed class NameServerTests : IAsyncLifetime, INameSource
{
    private static readonly IPNetwork s_pool = IPNetwork.Parse("172.30.0.0/16");

    private readonly TempDirectory _directory = new();
    private readonly AgentCounters _counters = new();
    private readonly Socket _resolver = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
    private readonly Socket _resolverTcp = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly List<NetworkedVm> _vms =
    [
        new(VmLink.Derive(ResourceName.Parse("web"), 0, IPAddress.Parse("172.30.0.2")), IPAddress.Parse("fd00::2"), [], new NetworkPolicy()),
        new(VmLink.Derive(ResourceName.Parse("old"), 0, IPAddress.Parse("172.30.0.3")), null, [], new NetworkPolicy()),
    ];

    private NameServer _server = null!;

    IPAddress?[] INameSource.Own => [IPAddress.Parse("172.30.0.1"), null];

    byte[]? INameSource.Answer(ReadOnlySpan<byte> message, in DnsQuery query) => LocalNames.Answer(message, query, _vms, s_pool);

    public ValueTask InitializeAsync()
    {
        // The port by TCP: what is free there, where every connection takes one, is hardly taken by UDP.
        _resolverTcp.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        int port = ((IPEndPoint)_resolverTcp.LocalEndPoint!).Port;
        _resolver.Bind(new IPEndPoint(IPAddress.Loopback, port));
        _resolverTcp.Listen();
        File.WriteAllText(_directory["resolv.conf"], "search example.org\nnameserver 172.30.0.1\nnameserver 127.0.0.1\n");
        NameRelay relay = new(new HostResolvers(_directory["resolv.conf"]), TimeProvider.System, port);
        _server = NameServer.Listen(new IPEndPoint(IPAddress.Loopback, 0), this, relay, _counters, TimeProvider.System);
        return ValueTask.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        _resolver.Dispose();
        _resolverTcp.Dispose();
        _directory.Dispose();
    }

    [Theory]
    [InlineData("web.local.mvm", 1, 0, "172.30.0.2")]
    [InlineData("WEB.Local.MVM", 1, 0, "172.30.0.2")]
    [InlineData("web.local.mvm", 28, 0, "fd00::2")]
    [InlineData("old.local.mvm", 28, 0, "")]
    [InlineData("web.local.mvm", 16, 0, "")]
    [InlineData("local.mvm", 1, 0, "")]
    [InlineData("nobody.local.mvm", 1, 3, "")]
    [InlineData("a.web.local.mvm", 1, 3, "")]
    [InlineData("9.0.30.172.in-addr.arpa", 12, 3, "")]
    public async Task Udp_NameOfTheDevice_IsAnsweredHere(string name, int type, int code, string address)
    {
        byte[] query = Query(name, type);

        byte[] answer = await AskAsync(query);

        Assert.Equal(query[..2], answer[..2]);
        Assert.Equal((0x85, 0x80 | code), (answer[2], answer[3]));
        Assert.Equal(address.Length > 0 ? 1 : 0, BinaryPrimitives.ReadUInt16BigEndian(answer.AsSpan(6)));
        Assert.Equal(query[12..], answer[12..query.Length]);
        Assert.Equal(address, address.Length > 0 ? new IPAddress(answer.AsSpan(query.Length + 12)).ToString() : "");
    }

    [Fact]
    public async Task Udp_AddressOfAVm_HasItsName()
    {
        byte[] answer = await AskAsync(Query("2.0.30.172.in-addr.arpa", DnsQuery.TypePtr));

        Assert.EndsWith("\u0003web\u0005local\u0003mvm\0", Encoding.ASCII.GetString(answer), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Udp_OtherName_IsAskedOfTheHostsResolverUnderAnotherNumber()
    {
        byte[] query = Query("example.org", 1);
        Task<byte[]> asking = AskAsync(query);
        byte[] buffer = new byte[512];
        SocketReceiveFromResult asked = await Phase.Of("question", _resolver.ReceiveFromAsync(buffer, new IPEndPoint(IPAddress.Any, 0)));
        byte[] passed = buffer[..asked.ReceivedBytes];
        Assert.Equal(query[2..], passed[2..]);

        // A wrong number, another question and a question are no answers.
        byte[] right = [.. passed];
        right[2] |= 0x80;
        byte[] wrongNumber = [.. right], wrongName = [.. right];
        wrongNumber[0] ^= 1;
        wrongName[13] ^= 1;
        foreach (byte[] reply in (byte[][])[wrongNumber, wrongName, passed, [.. right, 7]])
        {
            await _resolver.SendToAsync(reply, asked.RemoteEndPoint);
        }

        byte[] answer = await asking;
        Assert.Equal([.. query[..2], .. right[2..], 7], answer);
    }

    [Fact]
    public async Task Tcp_OwnAndOtherNames_AreAnsweredOnOneConnection()
    {
        using TcpClient client = new();
        await client.ConnectAsync(_server.Address);
        NetworkStream stream = client.GetStream();
        await DnsStream.WriteAsync(stream, Query("web.local.mvm", 1), default);
        byte[] local = (await Phase.Of("own name", DnsStream.ReadAsync(stream, default)))!;
        Assert.Equal(IPAddress.Parse("172.30.0.2"), new IPAddress(local.AsSpan(local.Length - 4)));

        byte[] query = Query("example.org", 1);
        await DnsStream.WriteAsync(stream, query, default);
        using Socket asked = await Phase.Of("connection", _resolverTcp.AcceptAsync());
        await using NetworkStream upstream = new(asked);
        byte[] passed = (await Phase.Of("question", DnsStream.ReadAsync(upstream, default)))!;
        passed[2] |= 0x80;
        await DnsStream.WriteAsync(upstream, passed, default);

        byte[] answer = (await Phase.Of("answer", DnsStream.ReadAsync(stream, default)))!;
        Assert.Equal([.. query[..2], .. passed[2..]], answer);
    }

    [Fact]
    public async Task Udp_NoResolver_SaysThatItFailed()
    {
        File.WriteAllText(_directory["resolv.conf"], "nameserver 172.30.0.1\n");

        byte[] answer = await AskAsync(Query("example.org", 1));

        Assert.Equal(0x82, answer[3]);
    }

    [Fact]
    public async Task Udp_Malformed_IsDroppedAndCounted()
    {
        using Socket guest = Guest();
        byte[] good = Query("web.local.mvm", 1);
        byte[] isAnswer = [.. good], twoQuestions = [.. good], compressed = [.. good];
        isAnswer[2] |= 0x80;
        twoQuestions[5] = 2;
        compressed[12] = 0xC0;
        byte[][] bad = [[1], isAnswer, twoQuestions, compressed, good[..^1]];
        foreach (byte[] message in bad)
        {
            await guest.SendAsync(message);
        }

        await guest.SendAsync(good);
        byte[] buffer = new byte[512];
        int count = await Phase.Of("answer", guest.ReceiveAsync(buffer).WaitAsync(TimeSpan.FromSeconds(30)));

        Assert.Equal(0x80, buffer[3]);
        Assert.True(count > good.Length);
        Assert.Equal(bad.Length, _counters.RefusedNameQueries.Value);
    }

    [Fact]
    public void Parse_AnyBytes_NeverThrowsAndStaysWithinTheMessage()
    {
        Random random = new(53);
        for (int i = 0; i < 20_000; i++)
        {
            byte[] message = new byte[random.Next(0, 300)];
            random.NextBytes(message);
            if (message.Length >= 12)
            {
                new byte[] { 1, 0, 0, 1, 0, 0 }.CopyTo(message, 2);
            }

            if (DnsQuery.TryParse(message, out DnsQuery query))
            {
                Assert.InRange(query.EndBytes, 17, message.Length);
                Assert.InRange(query.Name.Length, 0, 254);
                _ = LocalNames.Answer(message, query, _vms, s_pool);
            }
        }
    }

    [Fact]
    public void Resolvers_FileChanges_AreReadAgainWithoutOwnAddresses()
    {
        HostResolvers resolvers = new(_directory["other.conf"]);
        Assert.Empty(resolvers.Current());
        File.WriteAllText(_directory["other.conf"], "# x\nnameserver 10.0.2.3\nnameserver nonsense\nnameserver\tfe80::1\nnameserver 1.1.1.1\nnameserver 9.9.9.9\n");
        Assert.Equal(["10.0.2.3", "fe80::1", "1.1.1.1"], resolvers.Current().Select(static server => server.ToString()));
        Assert.Equal(["fe80::1", "1.1.1.1"], resolvers.Current(IPAddress.Parse("10.0.2.3")).Select(static server => server.ToString()));
        File.WriteAllText(_directory["other.conf"], "nameserver 9.9.9.9\n");
        Assert.Equal(["9.9.9.9"], resolvers.Current().Select(static server => server.ToString()));
    }

    private static byte[] Query(string name, int type)
    {
        List<byte> message = [0xAB, 0xCD, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0];
        foreach (string label in name.Split('.'))
        {
            message.Add((byte)label.Length);
            message.AddRange(Encoding.ASCII.GetBytes(label));
        }

        message.AddRange([0, 0, (byte)type, 0, 1]);
        return [.. message];
    }

    private Socket Guest()
    {
        Socket guest = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        guest.Connect(_server.Address);
        return guest;
    }

    private async Task<byte[]> AskAsync(byte[] query)
    {
        using Socket guest = Guest();
        await guest.SendAsync(query);
        byte[] buffer = new byte[512];
        return buffer[..await Phase.Of("answer", guest.ReceiveAsync(buffer))];
    }
}
