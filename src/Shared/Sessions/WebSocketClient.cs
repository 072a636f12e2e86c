using System.Net;

namespace MicroVm.Shared.Sessions;

/// <summary>
/// Asks a server for a WebSocket over an ordinary HTTP client, so that TLS, certificates and tokens are what they are for any
/// other request, and a refusal comes with its body.
/// </summary>
public static class WebSocketClient
{
    /// <summary>Sends the request of an upgrade.</summary>
    /// <param name="http">The client; its time-out counts until the answer.</param>
    /// <param name="address">Address, <c>http</c> or <c>https</c>.</param>
    /// <param name="time">Clock of the silence limit.</param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <returns>The channel, or the answer that refused it, which the caller disposes of.</returns>
    /// <exception cref="HttpRequestException">The server cannot be reached or does not speak HTTP.</exception>
    public static async Task<(WebSocketChannel? Channel, HttpResponseMessage? Refusal)> ConnectAsync(
        HttpClient http, Uri address, TimeProvider time, CancellationToken cancellation)
    {
        string key = WebSocketHandshake.NewKey();
        using HttpRequestMessage request = new(HttpMethod.Get, address)
        {
            Version = HttpVersion.Version11,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        request.Headers.ConnectionClose = false;
        request.Headers.Connection.Add("Upgrade");
        request.Headers.Upgrade.ParseAdd("websocket");
        request.Headers.TryAddWithoutValidation("Sec-WebSocket-Version", WebSocketHandshake.Version);
        request.Headers.TryAddWithoutValidation("Sec-WebSocket-Key", key);
        HttpResponseMessage response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellation);
        if (response.StatusCode != HttpStatusCode.SwitchingProtocols)
        {
            return (null, response);
        }

        if (!response.Headers.TryGetValues("Sec-WebSocket-Accept", out IEnumerable<string>? accepts)
            || accepts.FirstOrDefault() != WebSocketHandshake.AcceptOf(key))
        {
            response.Dispose();
            throw new HttpRequestException("the server answered the upgrade to a WebSocket with another key");
        }

        Stream stream = await response.Content.ReadAsStreamAsync(cancellation);
        return (new WebSocketChannel(stream, isServer: false, time), null);
    }
}
