using System.Buffers;
using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
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

    private readonly ConcurrentDictionary<string, bool> _subscribed = [];
    private readonly Channel<bool> _subscription = Channel.CreateUnbounded<bool>();
    private readonly MqttServer _server;

    internal TestGateway(int? port = null, X509Certificate2? certificate = null)
    {
        Port = port ?? FreePort.Take();
        _server = new MqttServerFactory().CreateMqttServer(new MqttServerOptionsBuilder()
            .WithoutDefaultEndpoint()
            .WithEncryptedEndpoint()
            .WithEncryptedEndpointBoundIPAddress(IPAddress.Loopback)
            .WithEncryptedEndpointBoundIPV6Address(IPAddress.None)
            .WithEncryptedEndpointPort(Port)
            .WithEncryptionCertificate(certificate ?? TestFleet.Shared.Server)
            .WithEncryptionSslProtocol(SslProtocols.Tls13)
            .Build());
        _server.InterceptingPublishAsync += OnPublishAsync;
        _server.ValidatingConnectionAsync += connect => Task.FromResult(connect.ReasonCode = ConnectAnswer);
        _server.ClientSubscribedTopicAsync += subscribed =>
        {
            _subscribed[subscribed.ClientId] = true;
            _subscription.Writer.TryWrite(true);
            return Task.CompletedTask;
        };
        _server.ClientDisconnectedAsync += gone =>
        {
            _subscribed.TryRemove(gone.ClientId, out _);
            return Task.CompletedTask;
        };
        _server.InterceptingSubscriptionAsync += subscribe => Task.FromResult(subscribe.Response.ReasonCode = SubscribeAnswer);
    }

    /// <summary>What a device's CONNECT is answered.</summary>
    internal MqttConnectReasonCode ConnectAnswer { get; set; } = MqttConnectReasonCode.Success;

    /// <summary>What a device's SUBSCRIBE is answered.</summary>
    internal MqttSubscribeReasonCode SubscribeAnswer { get; set; } = MqttSubscribeReasonCode.GrantedQoS1;

    /// <summary>What an uplink is answered.</summary>
    internal Func<UplinkKind, MqttPubAckReasonCode> UplinkAnswer { get; set; } = static _ => MqttPubAckReasonCode.Success;

    /// <summary>Does something with each uplink; null for nothing.</summary>
    internal Func<UplinkKind, byte[], Task>? Published { get; set; }

    internal int Port { get; }

    /// <summary>Payload of the last hello.</summary>
    internal byte[]? Hello { get; private set; }

    /// <summary>Completes when a device is there and subscribed, now or again.</summary>
    internal async Task WaitForSessionAsync(DeviceId device)
    {
        while (!(await _server.GetSessionsAsync()).Any(session => session.Id == device.Value && _subscribed.ContainsKey(device.Value)))
        {
            await Phase.Of("subscription", _subscription.Reader.ReadAsync().AsTask());
        }
    }

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
        // One that has just gone is not there any more.
        MqttSessionStatus? session = (await _server.GetSessionsAsync()).SingleOrDefault(session => session.Id == device.Value);
        session?.TryEnqueueApplicationMessage(
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

    private async Task OnPublishAsync(InterceptingPublishEventArgs publish)
    {
        publish.ProcessPublish = false;
        Assert.True(DeviceTopic.TryParseUp(publish.ApplicationMessage.Topic, out _, out UplinkKind kind));
        byte[] payload = publish.ApplicationMessage.Payload.ToArray();
        publish.Response.ReasonCode = UplinkAnswer(kind);
        Hello = kind == UplinkKind.Hello ? payload : Hello;
        _uplinks[kind].Writer.TryWrite(payload);
        if (Published is not null)
        {
            await Published(kind, payload);
        }
    }
}
