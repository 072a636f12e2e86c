using System.Buffers;
using System.Net;
using System.Security.Authentication;
using MicroVm.Shared.Contracts.Desired;
using MicroVm.Shared.Identity;
using MicroVm.Shared.Topics;
using MicroVm.TestKit;
using MQTTnet;
using MQTTnet.Protocol;
using MQTTnet.Server;

namespace MicroVm.Benchmarks.Agent;

/// <summary>
/// A control plane reduced to what makes an agent report: it takes every uplink, acknowledges telemetry, and hands out one
/// generation after the other.
/// </summary>
internal sealed class PlayedGateway : IAsyncDisposable
{
    private readonly MqttServer _server;
    private readonly DeviceId _device;
    private readonly SemaphoreSlim _uplinks = new(0);
    private readonly TaskCompletionSource _hello = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private ulong _generation;
    private int _clients;
    private long _batches;
    private long _telemetryBytes;

    internal PlayedGateway(DeviceId device, int port)
    {
        _device = device;
        _server = new MqttServerFactory().CreateMqttServer(new MqttServerOptionsBuilder()
            .WithoutDefaultEndpoint()
            .WithEncryptedEndpoint()
            .WithEncryptedEndpointBoundIPAddress(IPAddress.Loopback)
            .WithEncryptedEndpointBoundIPV6Address(IPAddress.None)
            .WithEncryptedEndpointPort(port)
            .WithEncryptionCertificate(TestFleet.Shared.Server)
            .WithEncryptionSslProtocol(SslProtocols.Tls13)
            .Build());
        _server.InterceptingPublishAsync += TakeAsync;
        _server.ClientConnectedAsync += _ =>
        {
            Interlocked.Increment(ref _clients);
            return Task.CompletedTask;
        };
    }

    /// <summary>The agent said hello.</summary>
    internal Task Hello => _hello.Task;

    internal Task StartAsync() => _server.StartAsync();

    /// <summary>Clients that connected, the agent among them.</summary>
    internal int Clients => Volatile.Read(ref _clients);

    /// <summary>Telemetry batches that came.</summary>
    internal long Batches => Interlocked.Read(ref _batches);

    /// <summary>Bytes of their payloads.</summary>
    internal long TelemetryBytes => Interlocked.Read(ref _telemetryBytes);

    /// <summary>Sends the next generation.</summary>
    internal Task PushAsync(IReadOnlyList<VmSpec> vms, int telemetryIntervalSeconds)
    {
        DesiredState state = new(++_generation, vms, new AgentSettings(telemetryIntervalSeconds));
        return SendAsync(
            DownlinkKind.Desired, TestFleet.Shared.SignDesired(_device, DesiredEnvelope.Of(state.Generation, state.Encode()).Encode()));
    }

    /// <summary>Waits for the next reported state or telemetry batch.</summary>
    internal async Task NextReportAsync(TimeSpan limit)
    {
        if (!await _uplinks.WaitAsync(limit))
        {
            throw new TimeoutException($"the agent sent no report within {limit.TotalSeconds} s");
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _server.StopAsync();
        _server.Dispose();
        _uplinks.Dispose();
    }

    private async Task TakeAsync(InterceptingPublishEventArgs publish)
    {
        publish.ProcessPublish = false;
        if (!DeviceTopic.TryParseUp(publish.ApplicationMessage.Topic, out _, out UplinkKind kind))
        {
            return;
        }

        switch (kind)
        {
            case UplinkKind.Hello:
                _hello.TrySetResult();
                break;
            case UplinkKind.Telemetry:
                Interlocked.Increment(ref _batches);
                Interlocked.Add(ref _telemetryBytes, publish.ApplicationMessage.Payload.Length);
                Shared.Contracts.Reported.UplinkHeader header =
                    Shared.Contracts.Telemetry.TelemetryBatch.Decode(publish.ApplicationMessage.Payload.ToArray()).Header;
                await SendAsync(DownlinkKind.Ack, new Shared.Contracts.Commands.Ack(header.BootId, header.Sequence).Encode());
                _uplinks.Release();
                break;
            case UplinkKind.Reported:
                _uplinks.Release();
                break;
            default:
                break;
        }
    }

    private async Task SendAsync(DownlinkKind kind, byte[] payload)
    {
        foreach (MqttSessionStatus session in await _server.GetSessionsAsync())
        {
            session.TryEnqueueApplicationMessage(
                new MqttApplicationMessageBuilder()
                    .WithTopic(DeviceTopic.Down(_device, kind))
                    .WithPayload(payload)
                    .WithQualityOfServiceLevel(MqttQualityOfServiceLevel.AtLeastOnce)
                    .Build(),
                out _);
        }
    }
}
