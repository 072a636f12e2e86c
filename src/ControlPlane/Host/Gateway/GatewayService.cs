using System.Buffers;
using MicroVm.ControlPlane.Abstractions.Devices;
using MicroVm.ControlPlane.Host.Identity;
using MicroVm.Shared.Identity;
using MicroVm.Shared.Topics;
using MQTTnet;
using MQTTnet.AspNetCore;
using MQTTnet.Exceptions;
using MQTTnet.Packets;
using MQTTnet.Protocol;
using MQTTnet.Server;

namespace MicroVm.ControlPlane.Host.Gateway;

/// <summary>
/// The embedded gateway: an MQTT 5 server that is an endpoint and not a router. Every publish is intercepted and handed
/// on, none is ever dispatched to a session; the only subscription is a device's own downlink filter.
/// </summary>
internal sealed class GatewayService : IHostedService, IDisposable
{
    private readonly MqttServer _server;
    private readonly ConnectionRegistry _registry;
    private readonly UplinkRouter _router;
    private readonly IGrainFactory _grains;
    private readonly DeviceCertificateRules _rules;
    private readonly GatewayCounters _counters;
    private readonly ILogger<GatewayService> _logger;
    private readonly CancellationTokenRegistration _stopping;

    public GatewayService(
        MqttConnectionHandler adapter,
        ConnectionRegistry registry,
        UplinkRouter router,
        DownlinkSender downlinks,
        IGrainFactory grains,
        DeviceCertificateRules rules,
        GatewayCounters counters,
        IHostApplicationLifetime lifetime,
        ILogger<GatewayService> logger)
    {
        (_registry, _router, _grains, _rules, _counters, _logger) = (registry, router, grains, rules, counters, logger);
        _server = new MqttServerFactory().CreateMqttServer(Options(), [adapter]);
        _server.ValidatingConnectionAsync += ValidateAsync;
        _server.ClientConnectedAsync += ConnectedAsync;
        _server.ClientDisconnectedAsync += DisconnectedAsync;
        _server.InterceptingInboundPacketAsync += InboundAsync;
        _server.InterceptingOutboundPacketAsync += OutboundAsync;
        _server.InterceptingSubscriptionAsync += SubscribeAsync;
        _server.InterceptingPublishAsync += PublishAsync;
        _server.ClientAcknowledgedPublishPacketAsync += AcknowledgedAsync;
        downlinks.Disconnect = DisconnectAsync;
        // Kestrel waits for its connections when it stops, so they have to end before that.
        _stopping = lifetime.ApplicationStopping.Register(() => StopServerAsync().GetAwaiter().GetResult());
    }

    /// <summary>Starts the server; the listener that feeds it opens later, so no connection finds it unready.</summary>
    public Task StartAsync(CancellationToken cancellationToken) => _server.StartAsync();

    public Task StopAsync(CancellationToken cancellationToken) => StopServerAsync();

    public void Dispose()
    {
        _stopping.Dispose();
        _server.Dispose();
    }

    private static MqttServerOptions Options()
    {
        MqttServerOptions options = new MqttServerFactory().CreateServerOptionsBuilder()
            .WithoutDefaultEndpoint()
            .WithDefaultCommunicationTimeout(GatewayLimits.ConnectTimeout)
            .WithMaxPendingMessagesPerClient(GatewayLimits.UnacknowledgedDownlinks)
            .WithPersistentSessions(false)
            .Build();
        options.PendingMessagesOverflowStrategy = MqttPendingMessagesOverflowStrategy.DropNewMessage;
        return options;
    }

    private async Task StopServerAsync()
    {
        if (_server.IsStarted)
        {
            _server.AcceptNewConnections = false;
            await _server.StopAsync(new MqttServerStopOptions
            {
                DefaultClientDisconnectOptions = new MqttServerClientDisconnectOptions
                {
                    ReasonCode = MqttDisconnectReasonCode.ServerShuttingDown,
                },
            });
        }
    }

    private Task ValidateAsync(ValidatingConnectionEventArgs connect)
    {
        string subject = connect.ClientCertificate is { } certificate ? DistinguishedName.CommonName(certificate.SubjectName) ?? "" : "";
        string? reason = ConnectRules.Check(connect, subject, out DeviceId device, out MqttConnectReasonCode code);
        if (reason is not null)
        {
            (connect.ReasonCode, connect.ReasonString) = (code, reason);
            _counters.ConnectRefused();
            GatewayLog.ConnectRefused(_logger, connect.RemoteEndPoint, reason);
        }
        else
        {
            new DeviceConnection(device, connect.ClientCertificate!.PublicKey.ExportSubjectPublicKeyInfo()).AttachTo(connect.SessionItems);
        }

        return Task.CompletedTask;
    }

    private Task ConnectedAsync(ClientConnectedEventArgs connected)
    {
        if (DeviceConnection.Of(connected.SessionItems) is DeviceConnection connection)
        {
            _registry.Add(connection);
        }

        return Task.CompletedTask;
    }

    private async Task DisconnectedAsync(ClientDisconnectedEventArgs disconnected)
    {
        if (DeviceConnection.Of(disconnected.SessionItems) is not DeviceConnection connection)
        {
            return;
        }

        _registry.End(connection);
        if (disconnected.DisconnectType == MqttClientDisconnectType.Takeover)
        {
            _counters.TakeOver();
            GatewayLog.TakenOver(_logger, connection.Device.Value);
        }

        try
        {
            if (connection.SaidHello)
            {
                await _grains.GetGrain<IDeviceGrain>(connection.Device.Value).DisconnectedAsync(connection.Ordinal);
            }
        }
        catch (Exception e)
        {
            GatewayLog.DisconnectFailed(_logger, connection.Device.Value, e);
        }
    }

    private static Task InboundAsync(InterceptingPacketEventArgs inbound) =>
        // The gateway announces no topic aliases, and the server would keep any number of them for ever.
        inbound.Packet is MqttPublishPacket { TopicAlias: not 0 }
            ? throw new MqttProtocolViolationException("PUBLISH: expected no topic alias (MQTT 5 section 3.2.2.3.8)")
            : Task.CompletedTask;

    private static Task OutboundAsync(InterceptingPacketEventArgs outbound)
    {
        if (outbound.Packet is MqttConnAckPacket accepted)
        {
            accepted.MaximumPacketSize = GatewayLimits.PacketBytes;
            accepted.MaximumQoS = MqttQualityOfServiceLevel.AtLeastOnce;
            accepted.RetainAvailable = false;
            accepted.SharedSubscriptionAvailable = false;
            accepted.SubscriptionIdentifiersAvailable = false;
        }

        return Task.CompletedTask;
    }

    private async Task SubscribeAsync(InterceptingSubscriptionEventArgs subscribe)
    {
        DeviceConnection connection = Require(subscribe.SessionItems);
        // No subscription is kept by the server: nothing is ever dispatched through it.
        subscribe.ProcessSubscription = false;
        string expected = DeviceTopic.DownFilter(connection.Device);
        if (subscribe.TopicFilter.Topic != expected)
        {
            subscribe.Response.ReasonCode = MqttSubscribeReasonCode.NotAuthorized;
            _counters.SubscriptionRefused();
            GatewayLog.SubscriptionRefused(_logger, connection.Device.Value, expected);
            return;
        }

        subscribe.Response.ReasonCode = MqttSubscribeReasonCode.GrantedQoS1;
        connection.Subscribed(subscribe.Session);
        if (connection.SaidHello)
        {
            await _grains.GetGrain<IDeviceGrain>(connection.Device.Value).SubscribedAsync(connection.Ordinal);
        }
    }

    private async Task PublishAsync(InterceptingPublishEventArgs publish)
    {
        publish.ProcessPublish = false;
        if (!publish.CancellationToken.CanBeCanceled)
        {
            // A will: the server publishes it itself after the connection ended. Presence is known without it.
            return;
        }

        DeviceConnection connection = Require(publish.SessionItems);
        UplinkOutcome outcome;
        if (!_rules.MayConnect(connection.Device, connection.KeyDigest))
        {
            // What was read before its connection was cut.
            publish.CloseConnection = true;
            outcome = new UplinkOutcome(MqttPubAckReasonCode.NotAuthorized, "the device is not enrolled any more");
        }
        else if (PublishRules.Check(connection.Device, publish.ApplicationMessage, out UplinkKind kind) is string reason)
        {
            _counters.UplinkRefused();
            outcome = new UplinkOutcome(MqttPubAckReasonCode.NotAuthorized, reason);
        }
        else
        {
            outcome = await _router.RouteAsync(connection, kind, publish.ApplicationMessage.Payload.ToArray());
        }

        publish.Response.ReasonCode = outcome.Reason;
        publish.Response.ReasonString = outcome.Text;
        if (outcome.Text is not null)
        {
            GatewayLog.PublishRefused(_logger, connection.Device.Value, outcome.Text);
        }
    }

    private static Task AcknowledgedAsync(ClientAcknowledgedPublishPacketEventArgs acknowledged)
    {
        DeviceConnection.Of(acknowledged.SessionItems)?.DownlinkAcknowledged();
        return Task.CompletedTask;
    }

    private Task DisconnectAsync(DeviceConnection connection) => connection.Ended
        ? Task.CompletedTask
        : _server.DisconnectClientAsync(
            connection.Device.Value, new MqttServerClientDisconnectOptions { ReasonCode = MqttDisconnectReasonCode.ReceiveMaximumExceeded });

    private static DeviceConnection Require(System.Collections.IDictionary sessionItems) =>
        DeviceConnection.Of(sessionItems) ?? throw new InvalidOperationException("a session without its connection");
}
