using System.Net.Sockets;
using MicroVm.EdgeAgent.Local;
using MicroVm.EdgeAgent.Tests.TestDoubles;

namespace MicroVm.EdgeAgent.Tests.Local;

public sealed class PeerCredentialsTests
{
    [Fact]
    public async Task Peer_IsTheProcessThatConnected()
    {
        using TempDirectory directory = new();
        using Socket listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(directory["s"]));
        listener.Listen();
        using Socket client = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await client.ConnectAsync(new UnixDomainSocketEndPoint(directory["s"]), TestContext.Current.CancellationToken);
        using Socket served = await listener.AcceptAsync(TestContext.Current.CancellationToken);

        PeerCredentials peer = Assert.NotNull(PeerCredentials.Of(served));

        Assert.Equal(Environment.ProcessId, peer.Pid);
        Assert.Equal(Environment.IsPrivilegedProcess, peer.Uid == 0);
        Assert.Null(PeerCredentials.Of(new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp)) is { Pid: > 0 } other ? other : null);
    }

    [Theory]
    [InlineData(0u, 0u, true)]
    [InlineData(0u, 990u, true)]
    [InlineData(990u, 990u, true)]
    [InlineData(1000u, 990u, false)]
    [InlineData(1000u, 0u, false)]
    public void Asking_IsForRootAndTheAgentsOwnUser(uint uid, uint agent, bool expected) =>
        Assert.Equal(expected, new PeerCredentials(1, uid, 1000).MayAsk(agent));
}
