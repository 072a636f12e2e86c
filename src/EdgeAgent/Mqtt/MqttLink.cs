using System.Buffers;
using Microsoft.Extensions.Logging;
using MicroVm.EdgeAgent.Configuration;
using MicroVm.EdgeAgent.Diagnostics;
using MicroVm.EdgeAgent.Identity;
using MicroVm.Shared.Codecs.Cbor;
using MicroVm.Shared.Topics;
using MQTTnet;
using MQTTnet.Exceptions;
using MQTTnet.Formatter;
using MQTTnet.Packets;
using MQTTnet.Protocol;

namespace MicroVm.EdgeAgent.Mqtt;

/// <summary>
/// Keeps one MQTT 5 connection to the gateway: clean start, client id = device id, one subscription, hello first. What is
/// lost with a connection is told again on the next one, so nothing is queued here.
/// </summary>
internal sealed class MqttLink : IUplink, IDisposable
{
    private const int PacketOverheadBytes = 4 << 10;
    private static readonly TimeSpan s_timeout = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan s_keepAlive = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan s_steadyAfter = TimeSpan.FromSeconds(30);

    private readonly AgentOptions _options;
    private readonly ClientTls _tls;
    private readonly Task _enrolled;
    private readonly ILinkHandler _handler;
    private readonly AgentCounters _counters;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly IMqttClient _client = new MqttClientFactory().CreateMqttClient();
    private TaskCompletionSource<string>? _ended;
    private volatile bool _isOpen;
    private volatile LinkState? _state;

    internal MqttLink(
        AgentOptions options, ClientTls tls, Task enrolled, ILinkHandler handler, AgentCounters counters, TimeProvider time, ILogger logger)
    {
        _options = options;
        _tls = tls;
        _enrolled = enrolled;
        _handler = handler;
        _counters = counters;
        _time = time;
        _logger = logger;
        _client.ApplicationMessageReceivedAsync += OnMessageAsync;
        _client.DisconnectedAsync += OnDisconnectedAsync;
    }

    /// <summary>Largest MQTT packet that is accepted: a document and what surrounds it.</summary>
    internal static int MaximumPacketBytes => CborLimits.DocumentBytes + PacketOverheadBytes;

    /// <summary>The gateway is connected and took the subscription and the hello.</summary>
    internal bool IsConnected => _isOpen && _client.IsConnected;

    /// <summary>How the connection is and why; null before the first attempt has ended.</summary>
    internal LinkState? State => _state;

    /// <summary>Connects for ever, until cancelled.</summary>
    internal async Task RunAsync(CancellationToken cancellation)
    {
        // Without a certificate nobody would listen.
        await _enrolled.WaitAsync(cancellation);
        int failures = 0;
        while (!cancellation.IsCancellationRequested)
        {
            long began = _time.GetTimestamp();
            string reason = await HoldConnectionAsync(cancellation);
            failures = _time.GetElapsedTime(began) >= s_steadyAfter ? 0 : failures;
            TimeSpan delay = JitteredBackOff.Delay(failures++, Random.Shared.NextDouble());
            if (!cancellation.IsCancellationRequested)
            {
                ControlPlaneOptions remote = _options.ControlPlane;
                // Since when it is away, not since the last attempt.
                DateTimeOffset since = _state is { IsConnected: false } away ? away.Since : _time.GetUtcNow();
                _state = new LinkState(since, false, reason, failures);
                Log.NotConnected(_logger, remote.MqttHost, remote.MqttPort, reason, delay.TotalSeconds);
                await Task.Delay(delay, _time, cancellation).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    /// <inheritdoc/>
    public async Task<PublishOutcome> PublishAsync(UplinkKind kind, byte[] payload, CancellationToken cancellation)
    {
        if (!_client.IsConnected)
        {
            return PublishOutcome.NotDelivered;
        }

        try
        {
            return await SendAsync(kind, payload, cancellation) == MqttClientPublishReasonCode.PayloadFormatInvalid
                ? PublishOutcome.Refused
                : PublishOutcome.Delivered;
        }
        catch (Exception e) when (IsConnectionFault(e, cancellation))
        {
            Log.PublishFailed(_logger, kind.ToString(), e.Message);
            return PublishOutcome.NotDelivered;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _client.Dispose();

    private static bool IsConnectionFault(Exception e, CancellationToken cancellation) =>
        e is MqttCommunicationException or MqttProtocolViolationException or IOException or System.Net.Sockets.SocketException
            or MqttClientNotConnectedException or InvalidOperationException or System.Security.Authentication.AuthenticationException
        || (e is OperationCanceledException && !cancellation.IsCancellationRequested);

    /// <summary>One connection from its first byte to its end; says why it ended.</summary>
    private async Task<string> HoldConnectionAsync(CancellationToken cancellation)
    {
        TaskCompletionSource<string> ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
        _ended = ended;
        // The client's own time-out does not hold for calls that can be cancelled: a peer that accepts and never answers would
        // be waited for as long as it likes.
        using CancellationTokenSource deadline = new(s_timeout, _time);
        using CancellationTokenSource limited = CancellationTokenSource.CreateLinkedTokenSource(cancellation, deadline.Token);
        try
        {
            await OpenAsync(limited.Token);
            _isOpen = true;
            deadline.CancelAfter(Timeout.InfiniteTimeSpan);
            Log.Connected(_logger, _options.ControlPlane.MqttHost, _options.ControlPlane.MqttPort);
            _state = new LinkState(_time.GetUtcNow(), true, "", 0);
            _handler.OnConnected();
            return await ended.Task.WaitAsync(cancellation);
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            return "the agent stops";
        }
        catch (Exception) when (deadline.IsCancellationRequested)
        {
            return $"expected answers to connect, subscribe and hello within {s_timeout.TotalSeconds:0} s, found none";
        }
        catch (Exception e) when (IsConnectionFault(e, cancellation))
        {
            return e.InnerException?.Message ?? e.Message;
        }
        finally
        {
            _isOpen = false;
            await DisconnectAsync();
        }
    }

    private async Task OpenAsync(CancellationToken cancellation)
    {
        MqttClientConnectResult connected = await _client.ConnectAsync(MakeOptions(), cancellation);
        if (connected.ResultCode != MqttClientConnectResultCode.Success)
        {
            throw new MqttCommunicationException($"the gateway refused the connection: {connected.ResultCode} {connected.ReasonString}");
        }

        if (_handler.MakeFirstReport() is byte[] report)
        {
            // Whatever becomes of it: the hello has to be said.
            await PublishAsync(UplinkKind.Reported, report, cancellation);
        }

        MqttClientSubscribeResult subscribed = await _client.SubscribeAsync(MakeSubscription(), cancellation);
        if (subscribed.Items.FirstOrDefault(item => item.ResultCode > MqttClientSubscribeResultCode.GrantedQoS2) is { } refused)
        {
            throw new MqttCommunicationException($"the gateway refused the subscription: {refused.ResultCode} {subscribed.ReasonString}");
        }

        await SendAsync(UplinkKind.Hello, _handler.MakeHello(), cancellation);
    }

    private async Task DisconnectAsync()
    {
        try
        {
            if (_client.IsConnected)
            {
                await _client.DisconnectAsync(new MqttClientDisconnectOptions(), CancellationToken.None);
            }
        }
        catch (Exception e) when (IsConnectionFault(e, CancellationToken.None))
        {
            Log.PublishFailed(_logger, "disconnect", e.Message);
        }
    }

    private async Task<MqttClientPublishReasonCode> SendAsync(UplinkKind kind, byte[] payload, CancellationToken cancellation)
    {
        MqttApplicationMessage message = new()
        {
            Topic = DeviceTopic.Up(_options.DeviceId, kind),
            Payload = new ReadOnlySequence<byte>(payload),
            QualityOfServiceLevel = MqttQualityOfServiceLevel.AtLeastOnce,
        };
        MqttClientPublishResult result = await _client.PublishAsync(message, cancellation);
        // Code 16, "no matching subscribers", is a success: the gateway takes uplinks itself.
        return result.IsSuccess || result.ReasonCode == MqttClientPublishReasonCode.PayloadFormatInvalid
            ? result.ReasonCode
            : throw new MqttCommunicationException($"the gateway refused it: {result.ReasonCode} {result.ReasonString}");
    }

    private MqttClientOptions MakeOptions() => new MqttClientOptionsBuilder()
        .WithTcpServer(_options.ControlPlane.MqttHost, _options.ControlPlane.MqttPort)
        .WithStreamProvider(new CappedStreamProvider(() => _tls.Options(_options.ControlPlane.MqttHost), MaximumPacketBytes, _handler.OnTooLarge))
        .WithProtocolVersion(MqttProtocolVersion.V500)
        .WithClientId(_options.DeviceId.Value)
        .WithCleanStart(true)
        .WithSessionExpiryInterval(0)
        .WithMaximumPacketSize((uint)MaximumPacketBytes)
        .WithKeepAlivePeriod(s_keepAlive)
        .WithTimeout(s_timeout)
        .Build();

    private MqttClientSubscribeOptions MakeSubscription() => new()
    {
        TopicFilters =
        [
            new MqttTopicFilter
            {
                Topic = DeviceTopic.DownFilter(_options.DeviceId),
                QualityOfServiceLevel = MqttQualityOfServiceLevel.AtLeastOnce,
            },
        ],
    };

    private Task OnMessageAsync(MqttApplicationMessageReceivedEventArgs received)
    {
        string topic = received.ApplicationMessage.Topic;
        if (DeviceTopic.TryParseDown(topic, out var device, out DownlinkKind kind) && device == _options.DeviceId)
        {
            ReadOnlySequence<byte> payload = received.ApplicationMessage.Payload;
            _handler.OnDownlink(kind, payload.IsSingleSegment ? payload.First : payload.ToArray());
        }
        else
        {
            _counters.RefusedDownlinks.Increment();
            Log.RefusedDownlink(_logger, topic, "expected a topic of this device");
        }

        return Task.CompletedTask;
    }

    private Task OnDisconnectedAsync(MqttClientDisconnectedEventArgs disconnected)
    {
        string reason = disconnected.Exception?.Message ?? disconnected.Reason.ToString();
        _ended?.TrySetResult(reason);
        return Task.CompletedTask;
    }
}
