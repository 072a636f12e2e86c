using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text.Json.Nodes;

namespace MicroVm.Vmm.KvmTests.Running;

/// <summary>A client of the VMM's API as Firecracker's clients are: HTTP over the Unix socket.</summary>
internal sealed class ApiClient : IDisposable
{
    private readonly HttpClient _http;

    internal ApiClient(string socketPath)
    {
        SocketsHttpHandler handler = new()
        {
            ConnectCallback = async (_, cancellation) =>
            {
                Socket socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                await socket.ConnectAsync(new UnixDomainSocketEndPoint(socketPath), cancellation);
                return new NetworkStream(socket, ownsSocket: true);
            },
        };
        _http = new HttpClient(handler) { BaseAddress = new Uri("http://localhost"), Timeout = TimeSpan.FromSeconds(20) };
    }

    /// <summary>PUTs a document; returns the status and the fault message, if any.</summary>
    internal Task<(int Status, string? Fault)> PutAsync(string path, JsonObject body) => SendAsync(HttpMethod.Put, path, body);

    /// <summary>PATCHes a document; returns the status and the fault message, if any.</summary>
    internal Task<(int Status, string? Fault)> PatchAsync(string path, JsonObject body) => SendAsync(HttpMethod.Patch, path, body);

    private async Task<(int Status, string? Fault)> SendAsync(HttpMethod method, string path, JsonObject body)
    {
        using StringContent content = new(body.ToJsonString(), System.Text.Encoding.UTF8, "application/json");
        using HttpRequestMessage request = new(method, path) { Content = content };
        using HttpResponseMessage response = await _http.SendAsync(request);
        string text = await response.Content.ReadAsStringAsync();
        return ((int)response.StatusCode, text.Length == 0 ? null : (string?)JsonNode.Parse(text)!["fault_message"]);
    }

    internal async Task<JsonNode> GetAsync(string path) => (await _http.GetFromJsonAsync<JsonNode>(path))!;

    public void Dispose() => _http.Dispose();
}
