using MicroVm.Shared.Sessions;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;

namespace MicroVm.ControlPlane.Host.Api.Sessions;

/// <summary>
/// Takes a request over as a WebSocket. Not by ASP.NET Core's middleware, whose sockets take a peer that only does not read for one
/// that is gone (<see cref="WebSocketChannel"/>).
/// </summary>
internal static class WebSocketUpgrade
{
    /// <summary>True for a request that asks for it in the way of RFC 6455, over HTTP/1.1.</summary>
    internal static bool IsAskedFor(HttpContext context) =>
        context.Features.Get<IHttpUpgradeFeature>() is { IsUpgradableRequest: true }
        && context.Request.Headers.Upgrade.ToString().Equals("websocket", StringComparison.OrdinalIgnoreCase)
        && context.Request.Headers.SecWebSocketVersion.ToString() == WebSocketHandshake.Version
        && WebSocketHandshake.IsKey(context.Request.Headers.SecWebSocketKey.ToString());

    internal static IResult Required(HttpResponse response)
    {
        response.Headers.Upgrade = "websocket";
        return Problems.Of(StatusCodes.Status426UpgradeRequired, "Upgrade: expected a WebSocket of version 13 over HTTP/1.1");
    }

    /// <summary>Answers with 101; the request lasts for as long as its endpoint does.</summary>
    internal static async Task<WebSocketChannel> AcceptAsync(HttpContext context, TimeProvider time)
    {
        context.Response.Headers.Upgrade = "websocket";
        context.Response.Headers.SecWebSocketAccept = WebSocketHandshake.AcceptOf(context.Request.Headers.SecWebSocketKey.ToString());
        // A reader that pauses is no slow one.
        if (context.Features.Get<IHttpMinResponseDataRateFeature>() is { } rate)
        {
            rate.MinDataRate = null;
        }

        return new WebSocketChannel(await context.Features.GetRequiredFeature<IHttpUpgradeFeature>().UpgradeAsync(), isServer: true, time);
    }
}
