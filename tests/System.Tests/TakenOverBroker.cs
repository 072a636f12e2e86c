using System.Buffers;
using System.Net;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Threading.Channels;
using MicroVm.Shared.Codecs.Cose;
using MicroVm.Shared.Contracts.Desired;
using MicroVm.Shared.Contracts.Reported;
using MicroVm.Shared.Identity;
using MicroVm.Shared.Topics;
using MicroVm.TestKit;
using MQTTnet;
using MQTTnet.Protocol;
using MQTTnet.Server;

namespace MicroVm.SystemTests;

/// <summary>
/// Somebody who answers where a control plane's gateway was, with its fleet's keys, and sends devices what that would never send. It acknowledges
/// no telemetry.
/// </summary>
internal sealed class TakenOverBroker : IAsyncDisposable
{
    private readonly Channel<ReportedState> _reports = Channel.CreateUnbounded<ReportedState>();
    private readonly Channel<Hello> _hellos = Channel.CreateUnbounded<Hello>();
    private readonly DeviceId _device;
    private readonly ECDsa _signing = ECDsa.Create();
    private readonly X509Certificate2 _certificate;
    private readonly MqttServer _server;

    private TakenOverBroker(ControlPlaneProcess controlPlane, DeviceId device)
    {
        _device = device;
        string identity = Path.Combine(controlPlane.DataFolder, "identity");
        _signing.ImportFromPem(File.ReadAllText(Path.Combine(identity, "signing-1.key")));
        using X509Certificate2 authority = X509Certificate2.CreateFromPemFile(Path.Combine(identity, "authority-1.crt"), Path.Combine(identity, "authority-1.key"));
        _certificate = Issue(authority);
        _server = new MqttServerFactory().CreateMqttServer(new MqttServerOptionsBuilder()
            .WithoutDefaultEndpoint()
            .WithEncryptedEndpoint()
            .WithEncryptedEndpointBoundIPAddress(IPAddress.Loopback)
            .WithEncryptedEndpointBoundIPV6Address(IPAddress.None)
            .WithEncryptedEndpointPort(controlPlane.MqttPort)
            .WithEncryptionCertificate(_certificate)
            .WithEncryptionSslProtocol(SslProtocols.Tls13)
            .Build());
        _server.InterceptingPublishAsync += OnPublishAsync;
    }

    /// <summary>Takes the port of a control plane that does not run.</summary>
    internal static async Task<TakenOverBroker> StartAsync(ControlPlaneProcess controlPlane, string device)
    {
        TakenOverBroker broker = new(controlPlane, DeviceId.Parse(device));
        await broker._server.StartAsync();
        return broker;
    }

    /// <summary>Waits until the device has connected.</summary>
    internal Task<Hello> WaitForHelloAsync(TimeSpan limit) => _hellos.Reader.ReadAsync().AsTask().WaitAsync(limit);

    /// <summary>Waits until the device says that it refuses something for a reason.</summary>
    /// <returns>The whole reason.</returns>
    internal async Task<string> WaitForRefusalAsync(string reason, TimeSpan limit)
    {
        using CancellationTokenSource cancellation = new(limit);
        string last = "no report";
        try
        {
            while (true)
            {
                last = (await _reports.Reader.ReadAsync(cancellation.Token)).Refusal;
                if (last.Contains(reason, StringComparison.Ordinal))
                {
                    return last;
                }
            }
        }
        catch (OperationCanceledException)
        {
            throw new PhaseTimeoutException($"refusal with '{reason}'", limit, $"'{last}'");
        }
    }

    /// <summary>Signs a document as the control plane does.</summary>
    /// <param name="envelope">What is signed.</param>
    /// <param name="audience">The device that it is for; null for the right one.</param>
    /// <param name="key">Signs; null for the fleet's key.</param>
    internal byte[] Sign(DesiredEnvelope envelope, string? audience = null, ECDsa? key = null) =>
        SignedMessage.Sign(key ?? _signing, SignedPurpose.Desired, audience ?? _device.Value, envelope.Encode());

    /// <summary>Sends the device a desired state.</summary>
    internal async Task SendAsync(byte[] payload)
    {
        MqttSessionStatus session = Assert.Single(await _server.GetSessionsAsync());
        Assert.True(session.TryEnqueueApplicationMessage(
            new MqttApplicationMessageBuilder()
                .WithTopic(DeviceTopic.Down(_device, DownlinkKind.Desired))
                .WithPayload(payload)
                .WithQualityOfServiceLevel(MqttQualityOfServiceLevel.AtLeastOnce)
                .Build(),
            out _));
    }

    public async ValueTask DisposeAsync()
    {
        await _server.StopAsync();
        _server.Dispose();
        _certificate.Dispose();
        _signing.Dispose();
    }

    private static X509Certificate2 Issue(X509Certificate2 authority)
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CertificateRequest request = new("CN=taken over", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.1")], true));
        SubjectAlternativeNameBuilder names = new();
        names.AddIpAddress(IPAddress.Parse("10.0.2.2"));
        request.CertificateExtensions.Add(names.Build());
        DateTimeOffset now = DateTimeOffset.UtcNow;
        using X509Certificate2 issued = request.Create(authority, now.AddHours(-1), now.AddDays(1), RandomNumberGenerator.GetBytes(8));
        return issued.CopyWithPrivateKey(key);
    }

    private Task OnPublishAsync(InterceptingPublishEventArgs publish)
    {
        publish.ProcessPublish = false;
        if (DeviceTopic.TryParseUp(publish.ApplicationMessage.Topic, out _, out UplinkKind kind))
        {
            byte[] payload = publish.ApplicationMessage.Payload.ToArray();
            _ = kind switch
            {
                UplinkKind.Hello => _hellos.Writer.TryWrite(Hello.Decode(payload)),
                UplinkKind.Reported => _reports.Writer.TryWrite(ReportedState.Decode(payload)),
                _ => false,
            };
        }

        return Task.CompletedTask;
    }
}
