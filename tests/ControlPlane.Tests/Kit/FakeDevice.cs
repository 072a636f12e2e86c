using System.Threading.Channels;
using MicroVm.ControlPlane.Tests.Identity;
using MicroVm.Shared.Codecs.Cose;
using MicroVm.Shared.Contracts.Commands;
using MicroVm.Shared.Contracts.Desired;
using MicroVm.Shared.Contracts.Identity;
using MicroVm.Shared.Contracts.Reported;
using MicroVm.Shared.Contracts.Telemetry;
using MicroVm.Shared.Identity;
using MicroVm.Shared.Topics;
using MQTTnet;
using MQTTnet.Formatter;
using MQTTnet.Protocol;
using System.Buffers;

namespace MicroVm.ControlPlane.Tests.Kit;

/// <summary>A device as the gateway sees one: a real MQTT client that speaks the wire contracts and nothing else.</summary>
internal sealed class FakeDevice : IAsyncDisposable
{
    private readonly IMqttClient _client = new MqttClientFactory().CreateMqttClient();
    private readonly Channel<(DownlinkKind Kind, byte[] Payload)> _downlinks = Channel.CreateUnbounded<(DownlinkKind, byte[])>();
    private readonly TaskCompletionSource<MqttClientDisconnectedEventArgs> _disconnected = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private TrustBundle? _trust;
    private FakeIdentity? _own;
    private ulong _sequence;

    internal FakeDevice(string id)
    {
        Id = DeviceId.Parse(id);
        _client.ApplicationMessageReceivedAsync += message =>
        {
            Assert.True(DeviceTopic.TryParseDown(message.ApplicationMessage.Topic, out DeviceId to, out DownlinkKind kind));
            Assert.Equal(Id, to);
            _downlinks.Writer.TryWrite((kind, message.ApplicationMessage.Payload.ToArray()));
            return Task.CompletedTask;
        };
        _client.DisconnectedAsync += args =>
        {
            _disconnected.TrySetResult(args);
            return Task.CompletedTask;
        };
    }

    internal DeviceId Id { get; }

    internal string Architecture { get; set; } = "x86_64";

    internal Guid BootId { get; init; } = Guid.NewGuid();

    internal Dictionary<string, string> Labels { get; } = [];

    /// <summary>What it says in its hello that it holds.</summary>
    internal (ulong Generation, Digest Digest) Held { get; set; }

    /// <summary>Version of the bundle that its hello says it holds; null for the one of when it connected.</summary>
    internal ulong? TrustVersion { get; set; }

    internal Task<MqttClientDisconnectedEventArgs> Disconnected => _disconnected.Task;

    /// <summary>Connects with the certificate of a device.</summary>
    /// <param name="client">The client.</param>
    /// <param name="controlPlane">The control plane.</param>
    /// <param name="clientId">The client id, and the device when no other is named.</param>
    /// <param name="change">Changes the options.</param>
    /// <param name="device">Whose certificate is shown.</param>
    /// <param name="identity">The certificate itself; null for the one that the device was enrolled with past the API.</param>
    internal static async Task<MqttClientConnectResult> TryConnectAsync(
        IMqttClient client,
        RunningControlPlane controlPlane,
        string clientId,
        Func<MqttClientOptionsBuilder, MqttClientOptionsBuilder>? change = null,
        string? device = null,
        FakeIdentity? identity = null)
    {
        identity ??= await controlPlane.IdentityOfAsync(device ?? clientId);
        MqttClientOptionsBuilder options = new MqttClientOptionsBuilder()
            .WithEndPoint(controlPlane.Mqtt)
            .WithStreamProvider(new TestStreamProvider(controlPlane.Fleet, identity.Certificate))
            .WithClientId(clientId)
            .WithProtocolVersion(MqttProtocolVersion.V500)
            .WithKeepAlivePeriod(TimeSpan.FromSeconds(60))
            .WithCleanStart();
        MqttClientOptions built = (change?.Invoke(options) ?? options).Build();
        return await client.ConnectAsync(built).Within($"connect as {clientId}");
    }

    /// <summary>Uses the identity that a device enrolled for itself.</summary>
    internal FakeDevice Using(EnrollingDevice enrolled)
    {
        _own = new FakeIdentity(enrolled.Key, enrolled.Certificate!);
        return this;
    }

    /// <summary>Trusts another bundle from now on.</summary>
    internal void Trusts(TrustBundle trust) => _trust = trust;

    /// <summary>Connects, subscribes and says hello.</summary>
    internal async Task<FakeDevice> StartAsync(RunningControlPlane controlPlane)
    {
        await ConnectAsync(controlPlane);
        await HelloAsync();
        return this;
    }

    internal async Task ConnectAsync(RunningControlPlane controlPlane)
    {
        _trust = controlPlane.Fleet.Trust;
        await TryConnectAsync(_client, controlPlane, Id.Value, identity: _own);
        MqttClientSubscribeResult result = await SubscribeAsync(DeviceTopic.DownFilter(Id));
        Assert.Equal(MqttClientSubscribeResultCode.GrantedQoS1, Assert.Single(result.Items).ResultCode);
    }

    internal Task<MqttClientSubscribeResult> SubscribeAsync(string filter) =>
        _client.SubscribeAsync(filter, MqttQualityOfServiceLevel.AtLeastOnce).Within($"subscribe to {filter}");

    internal async Task HelloAsync() => Assert.True((await PublishAsync(UplinkKind.Hello, new Hello
    {
        Header = NextHeader(),
        AgentVersion = "0.1.0",
        Architecture = Architecture,
        Capacity = new DeviceCapacity(4, 8UL << 30, 64UL << 30),
        HeldGeneration = Held.Generation,
        HeldDigest = Held.Digest,
        TrustVersion = TrustVersion ?? _trust!.Version,
        Labels = Labels,
    }.Encode())).IsSuccess);

    internal Task<MqttClientPublishResult> PublishAsync(UplinkKind kind, byte[] payload) =>
        PublishAsync(new MqttApplicationMessage { Topic = DeviceTopic.Up(Id, kind), PayloadSegment = payload });

    internal Task<MqttClientPublishResult> PublishAsync(MqttApplicationMessage message)
    {
        message.QualityOfServiceLevel = message.QualityOfServiceLevel == MqttQualityOfServiceLevel.ExactlyOnce
            ? message.QualityOfServiceLevel
            : MqttQualityOfServiceLevel.AtLeastOnce;
        return _client.PublishAsync(message).Within($"publish to {message.Topic}");
    }

    internal UplinkHeader NextHeader() => new(BootId, ++_sequence, 1_700_000_000_000);

    /// <summary>Reports that it runs what a document says.</summary>
    internal async Task ReportAsync(DesiredState desired, VmPhase phase)
    {
        ReportedState report = new(NextHeader(), desired.Generation, [.. desired.Vms.Select(vm => new VmStatus
        {
            Name = vm.Name,
            Deployment = vm.Deployment,
            Revision = vm.Revision,
            Phase = phase,
            ImageDigest = vm.Image.Digest,
            MemoryMib = vm.MemoryMib,
            VmmPid = 42,
        })]);
        Assert.True((await PublishAsync(UplinkKind.Reported, report.Encode())).IsSuccess);
    }

    /// <summary>
    /// Does what an agent does with desired states until cancelled, over as many connections as there are: holds each and
    /// reports what becomes of its VMs.
    /// </summary>
    /// <param name="become">What becomes of a VM.</param>
    /// <param name="cancellation">Ends it.</param>
    internal async Task LiveAsync(Func<VmSpec, VmStatus> become, CancellationToken cancellation)
    {
        await foreach ((DownlinkKind kind, byte[] payload) in _downlinks.Reader.ReadAllAsync(cancellation))
        {
            if (kind != DownlinkKind.Desired)
            {
                continue;
            }

            DesiredEnvelope envelope = DesiredEnvelope.Decode(Open(payload));
            Held = (envelope.Generation, envelope.Digest);
            DesiredState state = envelope.Open();
            Runs = new ReportedState(NextHeader(), envelope.Generation, [.. state.Vms.Select(become)])
            {
                Prefetched = [.. state.Prefetch.Select(image => image.Digest)],
            };
            Changed?.Invoke();
            await TryReportAsync();
        }
    }

    /// <summary>Raised after <see cref="Runs"/> changed.</summary>
    internal event Action? Changed;

    /// <summary>What it runs, by <see cref="LiveAsync"/>; null while it was never told anything.</summary>
    internal ReportedState? Runs { get; private set; }

    /// <summary>Reports what it runs, as an agent does on each connection; one that is not connected does so later.</summary>
    internal async Task TryReportAsync()
    {
        try
        {
            if (Runs is not null)
            {
                await _client.PublishAsync(new MqttApplicationMessage
                {
                    Topic = DeviceTopic.Up(Id, UplinkKind.Reported),
                    PayloadSegment = (Runs with { Header = NextHeader() }).Encode(),
                    QualityOfServiceLevel = MqttQualityOfServiceLevel.AtLeastOnce,
                });
            }
        }
        catch (Exception e) when (e is MQTTnet.Exceptions.MqttClientNotConnectedException or MQTTnet.Exceptions.MqttCommunicationException or OperationCanceledException)
        {
            // The next connection reports.
        }
    }

    internal async Task<DesiredState> NextDesiredAsync()
    {
        DesiredEnvelope envelope = DesiredEnvelope.Decode(Open(await NextAsync(DownlinkKind.Desired)));
        DesiredState state = envelope.Open();
        Held = (envelope.Generation, envelope.Digest);
        return state;
    }

    /// <summary>The next command, verified as the device would.</summary>
    internal async Task<DeviceCommand> NextCommandAsync(RunningControlPlane controlPlane)
    {
        FakeIdentity identity = _own ?? await controlPlane.IdentityOfAsync(Id.Value);
        string audience = DeviceCommand.Audience(Id, Digest.Of(identity.Key.ExportSubjectPublicKeyInfo()));
        return DeviceCommand.Decode(SignedMessage.Open(await NextAsync(DownlinkKind.Command), _trust!.SigningKeys, SignedPurpose.Command, audience));
    }

    /// <summary>The next command among other downlinks; null when cancelled.</summary>
    internal async Task<DeviceCommand?> TryNextCommandAsync(RunningControlPlane controlPlane, CancellationToken cancellation)
    {
        FakeIdentity identity = _own ?? await controlPlane.IdentityOfAsync(Id.Value);
        string audience = DeviceCommand.Audience(Id, Digest.Of(identity.Key.ExportSubjectPublicKeyInfo()));
        try
        {
            await foreach ((DownlinkKind kind, byte[] payload) in _downlinks.Reader.ReadAllAsync(cancellation))
            {
                if (kind == DownlinkKind.Command)
                {
                    return DeviceCommand.Decode(SignedMessage.Open(payload, _trust!.SigningKeys, SignedPurpose.Command, audience));
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The test is over.
        }

        return null;
    }

    /// <summary>Answers a command.</summary>
    internal async Task ReplyAsync(DeviceCommand command, string refusal = "") => Assert.True(
        (await PublishAsync(UplinkKind.Reply, new CommandReply(NextHeader(), command.Id, command.Kind, refusal).Encode())).IsSuccess);

    internal async Task<Ack> NextAckAsync() => Ack.Decode(await NextAsync(DownlinkKind.Ack));

    /// <summary>
    /// Sends a telemetry batch and waits for its acknowledgement: downlinks are in order, so whatever was sent before it has
    /// come when it comes.
    /// </summary>
    internal async Task<List<DownlinkKind>> DrainAsync()
    {
        await PublishAsync(UplinkKind.Telemetry, new TelemetryBatch { Header = NextHeader() }.Encode());
        List<DownlinkKind> before = [];
        while (await _downlinks.Reader.ReadAsync().AsTask().Within("acknowledgement of an empty batch") is { Kind: not DownlinkKind.Ack } other)
        {
            before.Add(other.Kind);
        }

        return before;
    }

    private byte[] Open(byte[] payload) => SignedMessage.Open(payload, _trust!.SigningKeys, SignedPurpose.Desired, Id.Value);

    private async Task<byte[]> NextAsync(DownlinkKind kind)
    {
        (DownlinkKind found, byte[] payload) = await _downlinks.Reader.ReadAsync().AsTask().Within($"{kind} for {Id}");
        Assert.Equal(kind, found);
        return payload;
    }

    public async ValueTask DisposeAsync()
    {
        try
        {
            if (_client.IsConnected)
            {
                await _client.DisconnectAsync();
            }
        }
        catch (MQTTnet.Exceptions.MqttCommunicationException)
        {
            // The control plane has closed the connection a moment before.
        }

        _client.Dispose();
    }
}
