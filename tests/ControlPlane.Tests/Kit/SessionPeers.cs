using System.Text;
using MicroVm.Shared.Contracts.Api;
using MicroVm.Shared.Contracts.Commands;
using MicroVm.Shared.Contracts.Sessions;
using MicroVm.Shared.Sessions;

namespace MicroVm.ControlPlane.Tests.Kit;

/// <summary>Both ends of sessions, as tests play them.</summary>
internal static class SessionPeers
{
    /// <summary>Asks for a session's connection as an operator.</summary>
    internal static async Task<(WebSocketChannel? Channel, HttpResponseMessage? Refusal)> TryOpenAsync(
        this RunningControlPlane controlPlane, string device, string vm, HttpClient? http = null) => await WebSocketClient.ConnectAsync(
            http ?? controlPlane.Http, new Uri(controlPlane.Address, ApiPaths.Session(device, vm)), TimeProvider.System, default).Within("session's connection");

    /// <summary>Opens a session as an operator.</summary>
    internal static async Task<WebSocketChannel> OpenAsync(
        this RunningControlPlane controlPlane, string device, string vm, SessionOpen open, HttpClient? http = null)
    {
        (WebSocketChannel? channel, HttpResponseMessage? refusal) = await controlPlane.TryOpenAsync(device, vm, http);
        Assert.True(channel is not null, refusal is null ? "" : await refusal.Content.ReadAsStringAsync());
        await channel.SendAsync(SessionFrameKind.Open, open.Encode(), default);
        return channel;
    }

    /// <summary>The session that a device is told of next.</summary>
    internal static async Task<SessionOrder> NextOrderAsync(this FakeDevice device, RunningControlPlane controlPlane)
    {
        DeviceCommand command = await device.NextCommandAsync(controlPlane);
        Assert.Equal(CommandKind.OpenSession, command.Kind);
        SessionOrder order = SessionOrder.Decode(command.Argument);
        Assert.Equal(order.Session, command.Id);
        return order;
    }

    /// <summary>Calls back for a session with a device's certificate.</summary>
    internal static async Task<(WebSocketChannel? Channel, HttpResponseMessage? Refusal)> CallBackAsync(
        this RunningControlPlane controlPlane, string device, Guid session)
    {
        HttpClient http = controlPlane.NewHttp(null, (await controlPlane.IdentityOfAsync(device)).Certificate);
        return await WebSocketClient.ConnectAsync(
            http, new Uri(controlPlane.Address, ApiPaths.DeviceSession(session.ToString("D"))), TimeProvider.System, default).Within("device's end of a session");
    }

    /// <summary>Takes the next session as its device: its connection and what is wanted.</summary>
    internal static async Task<(WebSocketChannel Channel, SessionOpen Open)> TakeSessionAsync(this FakeDevice device, RunningControlPlane controlPlane)
    {
        SessionOrder order = await device.NextOrderAsync(controlPlane);
        (WebSocketChannel? channel, HttpResponseMessage? refusal) = await controlPlane.CallBackAsync(device.Id.Value, order.Session);
        Assert.True(channel is not null, refusal?.StatusCode.ToString());
        SessionFrame frame = await channel.NextAsync();
        Assert.Equal(SessionFrameKind.Open, frame.Kind);
        return (channel, SessionOpen.Decode(frame.Content));
    }

    /// <summary>The next frame, which is there until the one after it is asked for.</summary>
    internal static async Task<SessionFrame> NextAsync(this SessionChannel channel) =>
        SessionFrame.Decode(await channel.ReceiveAsync(default).AsTask().Within("next frame"));

    /// <summary>Sends text in a frame.</summary>
    internal static ValueTask SayAsync(this SessionChannel channel, SessionFrameKind kind, string text = "") =>
        channel.SendAsync(kind, Encoding.UTF8.GetBytes(text), default);

    /// <summary>The next frame, which has to be of a kind; its content as text.</summary>
    internal static async Task<string> HearAsync(this SessionChannel channel, SessionFrameKind kind)
    {
        SessionFrame frame = await channel.NextAsync();
        Assert.True(frame.Kind == kind, $"expected {kind}, found {frame.Kind} '{Encoding.UTF8.GetString(frame.Content.Span)}'");
        return Encoding.UTF8.GetString(frame.Content.Span);
    }

    /// <summary>The frame that ends a session, after any others.</summary>
    internal static async Task<SessionClosed> EndAsync(this SessionChannel channel)
    {
        while (true)
        {
            SessionFrame frame = await channel.NextAsync();
            if (frame.Kind == SessionFrameKind.Closed)
            {
                return SessionClosed.Decode(frame.Content);
            }
        }
    }
}
