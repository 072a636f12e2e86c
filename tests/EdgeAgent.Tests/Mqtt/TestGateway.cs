using System.Buffers;
using System.Net;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Threading.Channels;
using MicroVm.EdgeAgent.Tests.TestDoubles;
using MicroVm.Shared.Identity;
using MicroVm.Shared.Topics;
using MicroVm.TestKit;
using MQTTnet;
using MQTTnet.Protocol;
using MQTTnet.Server;

namespace MicroVm.EdgeAgent.Tests.Mqtt;

/// <summary>A gateway as the control plane embeds it: takes uplinks itself and enqueues downlinks on the one session.</summary>
internal sealed class TestGateway : IAsyncDisposable
{
    private readonly Dictionary<UplinkKind, Channel<byte[]>> _uplinks =
        Enum.GetValues<UplinkKind>().ToDictionary(kind => kind, _ => Channel.CreateUnbounded<byte[]>());

    private readonly MqttServer _server;

    internal TestGateway(int? port = null)
    {
        Port = port ?? FindPort();
        _server = new MqttServerFactory().CreateMqttServer(new MqttServerOptionsBuilder()
            .WithoutDefaultEndpoint()
            .WithEncryptedEndpoint()
            .WithEncryptedEndpointBoundIPAddress(IPAddress.Loopback)
            .WithEncryptedEndpointBoundIPV6Address(IPAddress.None)
            .WithEncryptedEndpointPort(Port)
            .WithEncryptionCertificate(TestFleet.Shared.Server)
            .WithEncryptionSslProtocol(SslProtocols.Tls13)
            .Build());
        _server.InterceptingPublishAsync += OnPublishAsync;
        _server.ValidatingConnectionAsync += connect => Task.FromResult(connect.ReasonCode = ConnectAnswer);
        _server.InterceptingSubscriptionAsync += subscribe => Task.FromResult(subscribe.Response.ReasonCode = SubscribeAnswer);
    }

    /// <summary>What a device's CONNECT is answered.</summary>
    internal MqttConnectReasonCode ConnectAnswer { get; set; } = MqttConnectReasonCode.Success;

    /// <summary>What a device's SUBSCRIBE is answered.</summary>
    internal MqttSubscribeReasonCode SubscribeAnswer { get; set; } = MqttSubscribeReasonCode.GrantedQoS1;

    internal int Port { get; }

    /// <summary>Payload of the last hello.</summary>
    internal byte[]? Hello { get; private set; }

    internal Task StartAsync() => _server.StartAsync();

    internal Task StopAsync() => _server.StopAsync();

    /// <summary>The next uplink of a kind.</summary>
    internal Task<byte[]> TakeAsync(UplinkKind kind, string phase) => Phase.Of(phase, _uplinks[kind].Reader.ReadAsync().AsTask());

    /// <summary>The next uplink of a kind that is what is waited for.</summary>
    internal async Task<T> TakeAsync<T>(UplinkKind kind, string phase, Func<ReadOnlyMemory<byte>, T> decode, Func<T, bool> wanted)
    {
        while (true)
        {
            T message = decode(await TakeAsync(kind, phase));
            if (wanted(message))
            {
                return message;
            }
        }
    }

    /// <summary>Sends a downlink; a desired state is signed on its way.</summary>
    internal Task SendAsync(DeviceId device, DownlinkKind kind, byte[] payload) =>
        SendUnsignedAsync(device, kind, kind == DownlinkKind.Desired ? TestFleet.Shared.SignDesired(device, payload) : payload);

    internal async Task SendUnsignedAsync(DeviceId device, DownlinkKind kind, byte[] payload)
    {
        MqttSessionStatus session = (await _server.GetSessionsAsync()).Single(session => session.Id == device.Value);
        session.TryEnqueueApplicationMessage(
            new MqttApplicationMessageBuilder()
                .WithTopic(DeviceTopic.Down(device, kind))
                .WithPayload(payload)
                .WithQualityOfServiceLevel(MqttQualityOfServiceLevel.AtLeastOnce)
                .Build(),
            out _);
    }

    public async ValueTask DisposeAsync()
    {
        await _server.StopAsync();
        _server.Dispose();
    }

    private static int FindPort()
    {
        using TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private Task OnPublishAsync(InterceptingPublishEventArgs publish)
    {
        publish.ProcessPublish = false;
        Assert.True(DeviceTopic.TryParseUp(publish.ApplicationMessage.Topic, out _, out UplinkKind kind));
        byte[] payload = publish.ApplicationMessage.Payload.ToArray();
        Hello = kind == UplinkKind.Hello ? payload : Hello;
        _uplinks[kind].Writer.TryWrite(payload);
        return Task.CompletedTask;
    }
}
