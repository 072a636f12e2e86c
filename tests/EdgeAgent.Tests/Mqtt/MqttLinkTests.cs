using System.Net;
using System.Net.Sockets;
using MicroVm.EdgeAgent.Configuration;
using MicroVm.EdgeAgent.Diagnostics;
using MicroVm.EdgeAgent.Identity;
using MicroVm.EdgeAgent.Mqtt;
using MicroVm.EdgeAgent.Tests.TestDoubles;
using MicroVm.Shared.Topics;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using MQTTnet.Protocol;

namespace MicroVm.EdgeAgent.Tests.Mqtt;

public sealed class MqttLinkTests : IAsyncDisposable
{
    private readonly TempDirectory _directory = new();
    private readonly TestGateway _gateway = new();
    private readonly Handler _handler = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly MqttLink _link;

    public MqttLinkTests() => _link = Make(
        TestOptions.In(_directory, _gateway.Port), _handler, new AgentCounters(), TimeProvider.System, NullLogger.Instance);

    [Fact]
    public async Task Run_GatewayComesGoesAndComesBack_SaysHelloEachTime()
    {
        Task running = _link.RunAsync(_stop.Token);
        Assert.Equal(PublishOutcome.NotDelivered, await _link.PublishAsync(UplinkKind.Reported, [1], default));

        await _gateway.StartAsync();
        Assert.Equal([7], await _gateway.TakeAsync(UplinkKind.Hello, "first hello"));
        await Phase.Of("connected", _handler.WaitConnected());
        await _gateway.StopAsync();
        await _gateway.StartAsync();
        Assert.Equal([7], await _gateway.TakeAsync(UplinkKind.Hello, "second hello"));
        await Phase.Of("connected again", _handler.WaitConnected());

        Assert.Equal(PublishOutcome.Delivered, await _link.PublishAsync(UplinkKind.Reported, [2], default));
        Assert.Equal([2], await _gateway.TakeAsync(UplinkKind.Reported, "report"));
        await _stop.CancelAsync();
        await Phase.Of("stop", running);
    }

    [Fact]
    public async Task Run_FirstReportIsRefused_SaysHelloAllTheSame()
    {
        // A control plane that lost its database takes nothing of a device before its hello.
        _handler.FirstReport = [3];
        _gateway.UplinkAnswer = static kind =>
            kind == UplinkKind.Reported ? MqttPubAckReasonCode.ImplementationSpecificError : MqttPubAckReasonCode.Success;
        await _gateway.StartAsync();
        Task running = _link.RunAsync(_stop.Token);

        Assert.Equal([3], await _gateway.TakeAsync(UplinkKind.Reported, "first report"));
        Assert.Equal([7], await _gateway.TakeAsync(UplinkKind.Hello, "hello"));

        await Phase.Of("connected", _handler.WaitConnected());
        await _stop.CancelAsync();
        await Phase.Of("stop", running);
    }

    [Fact]
    public async Task Run_Downlink_IsHandedOverWithItsKind()
    {
        await _gateway.StartAsync();
        Task running = _link.RunAsync(_stop.Token);
        await Phase.Of("connected", _handler.WaitConnected());
        Task<(DownlinkKind, byte[])> downlink = _handler.WaitDownlink();

        await _gateway.SendAsync(TestOptions.In(_directory).DeviceId, DownlinkKind.Ack, [1, 2, 3]);

        (DownlinkKind kind, byte[] payload) = await Phase.Of("downlink", downlink);
        Assert.Equal(DownlinkKind.Ack, kind);
        Assert.Equal([1, 2, 3], payload);
        await _stop.CancelAsync();
        await Phase.Of("stop", running);
    }

    [Fact]
    public async Task Run_GatewayDeclaresAHugePacket_EndsTheConnectionBeforeItComes()
    {
        using TcpListener gateway = new(IPAddress.Loopback, _gateway.Port);
        gateway.Start();
        Task running = _link.RunAsync(_stop.Token);
        using TcpClient client = await Phase.Of("connection", gateway.AcceptTcpClientAsync());
        NetworkStream stream = client.GetStream();
        byte[] buffer = new byte[4096];
        Assert.NotEqual(0, await Phase.Of("CONNECT", stream.ReadAsync(buffer).AsTask()));

        long allocated = GC.GetTotalAllocatedBytes();
        // CONNACK, accepted, no properties; then the first bytes of a PUBLISH of 256 MiB.
        await stream.WriteAsync(new byte[] { 0x20, 3, 0, 0, 0, 0x30, 0xFF, 0xFF, 0xFF, 0x7F });

        await Phase.Of("the connection's end", ReadToEndAsync(stream, buffer));
        Assert.InRange(GC.GetTotalAllocatedBytes() - allocated, 0, 128L << 20);
        using TcpClient again = await Phase.Of("next attempt", gateway.AcceptTcpClientAsync());
        await _stop.CancelAsync();
        await Phase.Of("stop", running);
    }

    [Fact]
    public async Task Run_PeerThatAcceptsAndNeverAnswers_IsGivenUpAndTriedAgain()
    {
        FakeTimeProvider time = new();
        LineLogger lines = new();
        using TcpListener silent = new(IPAddress.Loopback, 0);
        silent.Start();
        using MqttLink link = Make(
            TestOptions.In(_directory, ((IPEndPoint)silent.LocalEndpoint).Port), _handler, new AgentCounters(), time, lines);
        Task running = link.RunAsync(_stop.Token);
        using Socket first = await Phase.Of("first connection", silent.AcceptSocketAsync());

        time.Advance(TimeSpan.FromSeconds(15));

        Assert.Contains("expected answers to connect, subscribe and hello within 15 s, found none", await Phase.Of("line", lines.First));
        Task<Socket> second = silent.AcceptSocketAsync();
        // The back-off is armed after the line; time moves until it has seen it.
        while (!second.IsCompleted && !running.IsCompleted)
        {
            time.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }

        (await Phase.Of("second connection", second)).Dispose();
        await _stop.CancelAsync();
        await Phase.Of("stop", running);
    }

    [Theory]
    [InlineData(MqttConnectReasonCode.NotAuthorized, MqttSubscribeReasonCode.GrantedQoS1, "NotAuthorized")]
    [InlineData(MqttConnectReasonCode.Success, MqttSubscribeReasonCode.QuotaExceeded, "QuotaExceeded")]
    public async Task Run_GatewayRefuses_NamesItsReasonAndIsNotConnected(
        MqttConnectReasonCode connect, MqttSubscribeReasonCode subscribe, string named)
    {
        LineLogger lines = new();
        (_gateway.ConnectAnswer, _gateway.SubscribeAnswer) = (connect, subscribe);
        await _gateway.StartAsync();
        using MqttLink link = Make(
            TestOptions.In(_directory, _gateway.Port), _handler, new AgentCounters(), TimeProvider.System, lines);
        Task running = link.RunAsync(_stop.Token);

        Assert.Contains(named, await Phase.Of("line", lines.First));
        Assert.Null(_gateway.Hello);
        await _stop.CancelAsync();
        await Phase.Of("stop", running);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _link.Dispose();
        await _gateway.DisposeAsync();
        _directory.Dispose();
        _stop.Dispose();
    }

    private static async Task ReadToEndAsync(NetworkStream stream, byte[] buffer)
    {
        try
        {
            int count;
            do
            {
                count = await stream.ReadAsync(buffer);
            }
            while (count > 0);
        }
        catch (IOException)
        {
            // A reset ends the stream as well.
        }
    }

    private sealed class Handler : ILinkHandler
    {
        private readonly SemaphoreSlim _connected = new(0);
        private readonly TaskCompletionSource<(DownlinkKind, byte[])> _downlink = new();

        public byte[] MakeHello() => [7];

        internal byte[]? FirstReport { get; set; }

        public byte[]? MakeFirstReport() => FirstReport;

        public void OnTooLarge(long bytes)
        {
        }

        public void OnConnected() => _connected.Release();

        public void OnDownlink(DownlinkKind kind, ReadOnlyMemory<byte> payload) => _downlink.TrySetResult((kind, payload.ToArray()));

        internal Task WaitConnected() => _connected.WaitAsync();

        internal Task<(DownlinkKind, byte[])> WaitDownlink() => _downlink.Task;
    }

    /// <summary>The first line that is logged.</summary>
    private static MqttLink Make(AgentOptions options, ILinkHandler handler, AgentCounters counters, TimeProvider time, ILogger logger)
    {
        IdentityStore identity = TestIdentity.Open(options);
        return new MqttLink(options, new ClientTls(identity, TimeProvider.System), identity.Enrolled, handler, counters, time, logger);
    }

    private sealed class LineLogger : ILogger
    {
        private readonly TaskCompletionSource<string> _first = new(TaskCreationOptions.RunContinuationsAsynchronously);

        internal Task<string> First => _first.Task;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            _first.TrySetResult(formatter(state, exception));
    }
}
