using System.Net;
using System.Net.Sockets;
using System.Text;
using MicroVm.Shared.Contracts.Sessions;
using MicroVm.Vmm.Guest.Sessions;

namespace MicroVm.Vmm.Tests.Guest;

public class SessionServerTests
{
    [Fact]
    public void Open_WorkloadEnded_IsRefusedWithTheReason()
    {
        using SessionPeer peer = new();
        peer.Server.Refuse("the workload has ended");
        peer.Open(SessionPeer.Shell("true"));
        Assert.Equal(new SessionClosed(126, "the workload has ended"), peer.UntilClosed());
    }

    [Fact]
    public void Open_OneMoreThanAllowed_IsRefusedAndTheOthersGoOn()
    {
        using SessionPeer first = new();
        List<SessionPeer> others = [.. Enumerable.Range(1, SessionServer.MostSessions - 1).Select(_ => first.Another())];
        SessionPeer refused = first.Another();
        Assert.Contains($"{SessionServer.MostSessions}", refused.UntilClosed().Fault, StringComparison.Ordinal);
        Assert.Equal(SessionServer.MostSessions, first.Server.Count);
        others.ForEach(static other => other.Vanish());
        first.Until(() => first.Server.Count == 1, "the others to be forgotten");
        first.Open(new SessionOpen { Kind = SessionKind.Logs });
        Assert.NotEqual("", first.UntilClosed().Fault);
    }

    [Theory]
    [InlineData(new byte[] { 0, 0, 0, 1, 3 })]
    [InlineData(new byte[] { 0, 0, 0, 2, 1, 255 })]
    [InlineData(new byte[] { 0, 0, 0, 1, 99 })]
    [InlineData(new byte[] { 255, 255, 255, 255 })]
    [InlineData(new byte[] { 0, 0, 0, 0 })]
    public void Open_NoSession_IsRefused(byte[] bytes)
    {
        using SessionPeer peer = new();
        peer.SendRaw(bytes);
        Assert.NotEqual("", peer.UntilClosed().Fault);
        peer.Until(() => peer.Server.Count == 0, "the session to be forgotten");
    }

    [Fact]
    public void ServeDeadlines_ConnectionThatSaysNothing_IsClosed()
    {
        using SessionPeer peer = new();
        peer.Server.ServeDeadlines(Environment.TickCount64 + SessionServer.OpenMilliseconds);
        Assert.Contains("opening", peer.UntilClosed().Fault, StringComparison.Ordinal);
        Assert.Equal(0, peer.Server.Count);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Forward_Port_JoinsBothDirectionsAndEndsEachByItself(bool overIpV6)
    {
        using Socket listener = Listen(overIpV6 ? IPAddress.IPv6Loopback : IPAddress.Loopback);
        using SessionPeer peer = new();
        peer.Open(new SessionOpen { Kind = SessionKind.Forward, Port = ((IPEndPoint)listener.LocalEndPoint!).Port });
        peer.SendText("ping");
        peer.Send(SessionFrameKind.InputEnd);
        peer.Until(() => peer.Frames is [{ Kind: SessionFrameKind.Opened }], "the port to be open");
        using Socket server = listener.Accept();
        server.Blocking = false;
        string came = "";
        bool ended = false;
        peer.Until(() => ended |= ReceiveText(server, ref came), "the port to get the input and its end", receiving: false);
        Assert.Equal("ping", came);
        server.Send("pong"u8);
        server.Dispose();
        Assert.Equal(new SessionClosed(0), peer.UntilClosed());
        Assert.Equal("pong", peer.Output);
        Assert.Equal(SessionFrameKind.OutputEnd, peer.Frames[^2].Kind);
    }

    [Fact]
    public void Forward_PortThatEndsFirst_StillTakesInput()
    {
        using Socket listener = Listen(IPAddress.Loopback);
        using SessionPeer peer = new();
        peer.Open(new SessionOpen { Kind = SessionKind.Forward, Port = ((IPEndPoint)listener.LocalEndPoint!).Port });
        peer.Until(() => peer.Frames is [{ Kind: SessionFrameKind.Opened }], "the port to be open");
        using Socket server = listener.Accept();
        server.Blocking = false;
        server.Shutdown(SocketShutdown.Send);
        peer.Until(() => peer.Frames is [.., { Kind: SessionFrameKind.OutputEnd }], "the end of the output");
        peer.SendText("late");
        peer.Send(SessionFrameKind.InputEnd);
        string came = "";
        bool ended = false;
        peer.Until(() => ended |= ReceiveText(server, ref came), "the port to get the input and its end", receiving: false);
        Assert.Equal("late", came);
        Assert.Equal(new SessionClosed(0), peer.UntilClosed());
    }

    [Fact]
    public void Forward_PortThatIsSlow_HoldsInputBack()
    {
        using Socket listener = Listen(IPAddress.Loopback);
        using SessionPeer peer = new();
        peer.Open(new SessionOpen { Kind = SessionKind.Forward, Port = ((IPEndPoint)listener.LocalEndPoint!).Port });
        peer.Until(() => peer.Frames is [{ Kind: SessionFrameKind.Opened }], "the port to be open");
        using Socket server = listener.Accept();
        byte[] frame = new SessionFrame(SessionFrameKind.Input, new byte[64 << 10]).EncodeWithLength();
        long sent = 0;
        for (int idle = 0; idle < 5;)
        {
            int count = peer.TrySend(frame.AsMemory((int)(sent % frame.Length)));
            sent += count;
            idle = count == 0 ? idle + 1 : 0;
            peer.Serve();
        }

        Assert.InRange(sent, 64 << 10, 32 << 20);
        server.Dispose();
        peer.Until(() => peer.Closed is not null, "a port that is gone to end the session");
    }

    [Fact]
    public void Forward_PortWhereNothingListens_IsClosedWithTheReason()
    {
        using Socket listener = Listen(IPAddress.Loopback);
        int port = ((IPEndPoint)listener.LocalEndPoint!).Port;
        listener.Dispose();
        using SessionPeer peer = new();
        peer.Open(new SessionOpen { Kind = SessionKind.Forward, Port = port });
        Assert.StartsWith($"port {port}", peer.UntilClosed().Fault, StringComparison.Ordinal);
        Assert.Single(peer.Frames);
    }

    [Fact]
    public void TryTake_FramesInPieces_AreCutAsTheyWereSent()
    {
        SessionFrameReader reader = new();
        byte[] content = [.. Enumerable.Range(0, SessionFrame.MaxContentBytes).Select(static i => (byte)i)];
        byte[] bytes = [.. new SessionFrame(SessionFrameKind.Input, content).EncodeWithLength(), .. new SessionFrame(SessionFrameKind.InputEnd, default).EncodeWithLength()];
        List<SessionFrame> frames = [];
        for (int i = 0; i < bytes.Length;)
        {
            Span<byte> room = reader.Room();
            int count = Math.Min(Math.Min(room.Length, 4093), bytes.Length - i);
            bytes.AsSpan(i, count).CopyTo(room);
            reader.Commit(count);
            i += count;
            while (reader.TryTake(out SessionFrame frame))
            {
                frames.Add(frame with { Content = frame.Content.ToArray() });
            }
        }

        Assert.Equal([SessionFrameKind.Input, SessionFrameKind.InputEnd], frames.Select(static frame => frame.Kind));
        Assert.Equal(content, frames[0].Content.ToArray());
        Assert.Equal(0, frames[1].Content.Length);
    }

    private static Socket Listen(IPAddress address)
    {
        Socket listener = new(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(address, 0));
        listener.Listen(1);
        return listener;
    }

    /// <summary>Takes what came; true at the end.</summary>
    private static bool ReceiveText(Socket socket, ref string text)
    {
        byte[] chunk = new byte[4096];
        int count = socket.Receive(chunk, 0, chunk.Length, SocketFlags.None, out SocketError error);
        text += Encoding.UTF8.GetString(chunk, 0, count);
        return error == SocketError.Success && count == 0;
    }
}
