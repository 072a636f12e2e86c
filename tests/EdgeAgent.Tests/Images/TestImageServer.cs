using System.Net;
using System.Net.Sockets;
using System.Text;
using MicroVm.Shared.Identity;

namespace MicroVm.EdgeAgent.Tests.Images;

/// <summary>An HTTP/1.1 server that answers each connection's one request as the test says.</summary>
internal sealed class TestImageServer : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _serving;

    internal TestImageServer()
    {
        _listener.Start();
        _serving = ServeAsync();
    }

    internal Uri Address => new($"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}");

    internal int Port => Address.Port;

    /// <summary>What is served; ranges are honoured.</summary>
    internal byte[] Content { get; set; } = [];

    /// <summary>What is served instead where the request's first line has one of these texts.</summary>
    internal System.Collections.Concurrent.ConcurrentDictionary<string, byte[]> Others { get; } = new();

    /// <summary>A transfer ends after this many bytes of the body, once; null for all.</summary>
    internal int? BreakAfter { get; set; }

    /// <summary>Answer instead of the content, such as <c>404 Not Found</c>.</summary>
    internal string? Refusal { get; set; }

    /// <summary>Ignores ranges and sends everything.</summary>
    internal bool IgnoresRanges { get; set; }

    /// <summary>The requests' first lines and Range values.</summary>
    internal List<(string Line, string? Range)> Requests { get; } = [];

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        await _serving;
    }

    private async Task ServeAsync()
    {
        try
        {
            while (true)
            {
                using TcpClient client = await _listener.AcceptTcpClientAsync(_stop.Token);
                try
                {
                    await AnswerAsync(client.GetStream());
                }
                catch (IOException)
                {
                    // Who asked has gone.
                }
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException or InvalidOperationException)
        {
            Assert.True(_stop.IsCancellationRequested);
        }
    }

    private async Task AnswerAsync(NetworkStream stream)
    {
        using StreamReader reader = new(stream, Encoding.ASCII, leaveOpen: true);
        string line = await reader.ReadLineAsync() ?? "";
        string? range = null;
        while (await reader.ReadLineAsync() is { Length: > 0 } header)
        {
            range = header.StartsWith("Range: ", StringComparison.OrdinalIgnoreCase) ? header["Range: ".Length..] : range;
        }

        Requests.Add((line, range));
        if (Refusal is not null)
        {
            await stream.WriteAsync(Encoding.ASCII.GetBytes($"HTTP/1.1 {Refusal}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"));
            return;
        }

        byte[] content = Others.FirstOrDefault(other => line.Contains(other.Key, StringComparison.Ordinal)).Value ?? Content;
        int from = range is null || IgnoresRanges ? 0 : int.Parse(range["bytes=".Length..].TrimEnd('-'));
        string status = from == 0
            ? "200 OK"
            : $"206 Partial Content\r\nContent-Range: bytes {from}-{content.Length - 1}/{content.Length}";
        byte[] body = content[from..];
        await stream.WriteAsync(Encoding.ASCII.GetBytes(
            $"HTTP/1.1 {status}\r\nContent-Length: {body.Length}\r\nConnection: close\r\n\r\n"));
        await stream.WriteAsync(BreakAfter is int limit ? body.AsMemory(0, limit) : body);
        BreakAfter = null;
    }
}
