using System.Net.Sockets;
using System.Text;
using MicroVm.Shared.Contracts.Sessions;
using MicroVm.Shared.Sessions;

namespace MicroVm.EdgeAgent.Tests.TestDoubles;

/// <summary>Two ends of a connection, and words for what goes over them.</summary>
internal static class SessionPair
{
    internal static async Task<(StreamChannel One, StreamChannel Other)> MakeAsync(TempDirectory directory)
    {
        string path = directory[Guid.NewGuid().ToString("N")[..8]];
        using Socket listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(path));
        listener.Listen(1);
        Socket one = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await one.ConnectAsync(new UnixDomainSocketEndPoint(path));
        Socket other = await listener.AcceptAsync();
        return (new StreamChannel(new NetworkStream(one, ownsSocket: true)), new StreamChannel(new NetworkStream(other, ownsSocket: true)));
    }

    internal static async Task<SessionFrame> NextAsync(this SessionChannel channel) =>
        SessionFrame.Decode(await Phase.Of("next frame", channel.ReceiveAsync(default).AsTask()));

    internal static async Task<string> HearAsync(this SessionChannel channel, SessionFrameKind kind)
    {
        SessionFrame frame = await channel.NextAsync();
        Assert.True(frame.Kind == kind, $"expected {kind}, found {frame.Kind} '{Encoding.UTF8.GetString(frame.Content.Span)}'");
        return Encoding.UTF8.GetString(frame.Content.Span);
    }

    internal static ValueTask SayAsync(this SessionChannel channel, SessionFrameKind kind, string text = "") =>
        channel.SendAsync(kind, Encoding.UTF8.GetBytes(text), default);

    internal static async Task<SessionClosed> EndAsync(this SessionChannel channel)
    {
        SessionFrame frame = await channel.NextAsync();
        Assert.Equal(SessionFrameKind.Closed, frame.Kind);
        return SessionClosed.Decode(frame.Content);
    }
}
