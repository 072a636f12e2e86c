using System.Net;
using System.Net.Sockets;
using System.Text;
using MicroVm.EdgeAgent.Diagnostics;
using MicroVm.EdgeAgent.Telemetry.Workloads;
using MicroVm.EdgeAgent.Tests.TestDoubles;
using MicroVm.Shared.Contracts.Telemetry;
using MicroVm.Shared.Identity;

namespace MicroVm.EdgeAgent.Tests.Telemetry.Workloads;

public sealed class MetricServerTests : IDisposable
{
    private const string Point = """{"name":"a","value":1}""";
    private static readonly ResourceName s_vm = ResourceName.Parse("web");

    private readonly TempDirectory _directory = new();
    private readonly AgentCounters _counters = new();
    private readonly List<MetricPoint> _taken = [];
    private readonly MetricIntake _intake;
    private bool _hasRoom = true;

    public MetricServerTests() => _intake = new MetricIntake(vm => vm == s_vm, points => _taken.AddRange(points), new FakeClock(), _counters, _ => Task.FromResult(_hasRoom));

    [Fact]
    public async Task Http_APost_IsTakenForTheVmOfTheAddress()
    {
        await using MetricHttpServer server = Serve(_ => s_vm);

        Assert.StartsWith("HTTP/1.1 204 ", await PostAsync(server, Point));

        Assert.Equal((s_vm, "a"), (_taken.Single().Vm, _taken.Single().Name));
    }

    [Theory]
    [InlineData("nonsense", "400 Bad Request", "expected JSON")]
    [InlineData("""[{"name":"a","value":1},{"name":"a"}]""", "400 Bad Request", "point 2: expected a name and a value, found no value")]
    public async Task Http_ABadPost_IsToldWhatIsWrong(string body, string status, string reason)
    {
        await using MetricHttpServer server = Serve(_ => s_vm);

        string answer = await PostAsync(server, body);

        Assert.StartsWith($"HTTP/1.1 {status}", answer);
        Assert.Contains(reason, answer);
        Assert.Empty(_taken);
        Assert.Equal(1, _counters.RefusedMetrics.Value);
    }

    [Fact]
    public async Task Http_TooMuch_Is429()
    {
        await using MetricHttpServer server = Serve(_ => s_vm);
        string many = $"[{string.Join(',', Enumerable.Repeat(Point, MetricLimits.PointsPerMessage))}]";
        for (int i = 0; i < MetricLimits.PointsPerWindow / MetricLimits.PointsPerMessage; i++)
        {
            Assert.StartsWith("HTTP/1.1 204 ", await PostAsync(server, many));
        }

        Assert.StartsWith("HTTP/1.1 429 ", await PostAsync(server, Point));
    }

    [Fact]
    public async Task Http_TheStoreDoesNotKeepUp_Is503AndNothingIsTaken()
    {
        await using MetricHttpServer server = Serve(_ => s_vm);
        _hasRoom = false;

        Assert.StartsWith("HTTP/1.1 503 ", await PostAsync(server, Point));
        Assert.Empty(_taken);

        _hasRoom = true;
        Assert.StartsWith("HTTP/1.1 204 ", await PostAsync(server, Point));
    }

    [Fact]
    public async Task Http_AddressOfNoVm_GetsNoAnswer()
    {
        await using MetricHttpServer server = Serve(_ => null);

        Assert.Equal("", await PostAsync(server, Point));
    }

    [Fact]
    public async Task Http_HeadWithoutEnd_IsCutOff()
    {
        await using MetricHttpServer server = Serve(_ => s_vm);

        Assert.StartsWith("HTTP/1.1 431 ", await AskAsync(server, "POST /v1/telemetry HTTP/1.1\r\nX: " + new string('x', HttpHead.MaxBytes)));
    }

    [Fact]
    public async Task Http_MoreConnectionsThanAVmMayHave_AreClosed()
    {
        await using MetricHttpServer server = Serve(_ => s_vm);
        List<TcpClient> silent = [];
        for (int i = 0; i < 4; i++)
        {
            silent.Add(await ConnectAsync(server));
        }

        Assert.Equal("", await PostAsync(server, Point));
        silent[0].Dispose();
        silent.ForEach(client => client.Dispose());
    }

    [Fact]
    public async Task Lines_EachIsAnswered()
    {
        string path = _directory["vsock_1026"];
        await using MetricLineServer server = MetricLineServer.Listen(s_vm, path, _intake, TimeProvider.System);
        using Socket guest = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await guest.ConnectAsync(new UnixDomainSocketEndPoint(path));
        await using NetworkStream stream = new(guest);
        using StreamReader reader = new(stream);

        await stream.WriteAsync(Encoding.UTF8.GetBytes($"{Point}\r\n\nnonsense\n{Point[..5]}"));
        Assert.Equal("204", await Phase.Of("the first", reader.ReadLineAsync()));
        Assert.StartsWith("400 expected JSON", await Phase.Of("the second", reader.ReadLineAsync()));
        await stream.WriteAsync(Encoding.UTF8.GetBytes(Point[5..]));
        guest.Shutdown(SocketShutdown.Send);
        Assert.Equal("204", await Phase.Of("the third", reader.ReadLineAsync()));
        Assert.Null(await Phase.Of("the end", reader.ReadLineAsync()));

        Assert.Equal(2, _taken.Count);
    }

    [Fact]
    public async Task Lines_TooLongALine_EndsTheConnection()
    {
        string path = _directory["vsock_1026"];
        await using MetricLineServer server = MetricLineServer.Listen(s_vm, path, _intake, TimeProvider.System);
        using Socket guest = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await guest.ConnectAsync(new UnixDomainSocketEndPoint(path));
        await using NetworkStream stream = new(guest);
        using StreamReader reader = new(stream);

        await stream.WriteAsync(Encoding.ASCII.GetBytes(new string('x', MetricLimits.MessageBytes + 2)));

        Assert.StartsWith("413 ", await Phase.Of("the refusal", reader.ReadLineAsync()));
    }

    public void Dispose() => _directory.Dispose();

    private MetricHttpServer Serve(Func<IPAddress, ResourceName?> vmOf) =>
        MetricHttpServer.Listen(new IPEndPoint(IPAddress.Loopback, 0), vmOf, _intake, TimeProvider.System);

    private static Task<string> PostAsync(MetricHttpServer server, string body) => AskAsync(
        server, $"POST /v1/telemetry HTTP/1.1\r\nHost: 169.254.169.254\r\nContent-Length: {Encoding.UTF8.GetByteCount(body)}\r\n\r\n{body}");

    private static async Task<string> AskAsync(MetricHttpServer server, string request)
    {
        using TcpClient client = await ConnectAsync(server);
        await using NetworkStream stream = client.GetStream();
        try
        {
            await stream.WriteAsync(Encoding.UTF8.GetBytes(request));
            using StreamReader reader = new(stream);
            return await Phase.Of("the answer", reader.ReadToEndAsync());
        }
        catch (IOException)
        {
            // Reset: the same as no answer.
            return "";
        }
    }

    private static async Task<TcpClient> ConnectAsync(MetricHttpServer server)
    {
        TcpClient client = new();
        await client.ConnectAsync(server.Address);
        return client;
    }
}
