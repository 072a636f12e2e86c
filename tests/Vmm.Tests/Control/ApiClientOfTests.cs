using System.Net.Sockets;
using System.Text;
using MicroVm.Vmm.Control;
using MicroVm.Vmm.Control.Http;
using MicroVm.Vmm.EventLoop;
using MicroVm.Vmm.Mmds;
using MicroVm.Vmm.Tests.Virtio;

namespace MicroVm.Vmm.Tests.Control;

/// <summary>An API server in this process with a VM that records, and a client that speaks one request per connection.</summary>
internal sealed class ApiClientOfTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly EpollLoop _loop = new();
    private readonly string _path;
    private readonly ApiServer _server;

    internal ApiClientOfTests(int metadataLimit = HttpLimits.DefaultMaxBodyBytes)
    {
        Metadata = new MetadataService(metadataLimit);
        _path = _folder.File("api.sock");
        _server = new ApiServer(_path, _loop, Info, Config, Vm, HttpLimits.DefaultMaxBodyBytes, Metadata, Metrics);
    }

    internal InstanceInfo Info { get; } = new("vm-1");

    internal VmConfigBuilder Config { get; } = new();

    internal RecordingVm Vm { get; } = new();

    internal MetadataService Metadata { get; }

    internal ApiMetrics Metrics { get; } = new();

    /// <summary>One request; returns status and body of the answer.</summary>
    internal (int Status, string Body) Request(string method, string target, string? body = null)
    {
        string response = RawRequest(method, target, body);
        int end = response.IndexOf("\r\n\r\n", StringComparison.Ordinal);
        return (int.Parse(response.AsSpan(9, 3)), response[(end + 4)..]);
    }

    /// <summary>One request; returns the answer as it came.</summary>
    internal string RawRequest(string method, string target, string? body = null)
    {
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified) { ReceiveTimeout = 5000 };
        socket.Connect(new UnixDomainSocketEndPoint(_path));
        string length = body is null ? "" : $"Content-Length: {Encoding.UTF8.GetByteCount(body)}\r\n";
        socket.Send(Encoding.UTF8.GetBytes($"{method} {target} HTTP/1.1\r\nHost: localhost\r\n{length}\r\n{body}"));
        var text = new StringBuilder();
        byte[] bytes = new byte[65536];
        do
        {
            for (int i = 0; i < 8; i++)
            {
                _loop.RunOnce(0);
            }

            text.Append(Encoding.UTF8.GetString(bytes, 0, socket.Receive(bytes)));
        }
        while (socket.Available > 0);

        return text.ToString();
    }

    public void Dispose()
    {
        _server.Dispose();
        _loop.Dispose();
        _folder.Dispose();
    }
}
