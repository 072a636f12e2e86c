using System.Buffers;
using System.Net;
using System.Security.Authentication;
using MicroVm.Shared.Contracts.Commands;
using MicroVm.Shared.Contracts.Desired;
using MicroVm.Shared.Contracts.Telemetry;
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
    /// <summary>Numbers of a <see cref="HostSample"/> besides those of processors: five of memory, disk and uptime, five of pressure, two of links, all processors, the agent.</summary>
    private const int HostValues = 14;

    /// <summary>Numbers of a <see cref="VmSample"/> besides its time.</summary>
    private const int VmValues = 15;

    /// <summary>Of a PUBLISH of QoS 1 besides topic and payload: fixed header of a kilobyte's packet, topic length, packet id, properties.</summary>
    private const int MqttOverheadBytes = 3 + 2 + 2 + 1;

    private readonly MqttServer _server;
    private readonly DeviceId _device;
    private readonly HashSet<(Guid BootId, ulong Sequence)> _seen = [];
    private readonly SemaphoreSlim _uplinks = new(0);
    private readonly TaskCompletionSource _hello = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private ulong _generation;
    private int _clients;
    private long _metrics, _metricBytes, _sampleValues, _sampleBytes;

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

    /// <summary>Points of workloads that came, each batch counted once.</summary>
    internal long Metrics => Interlocked.Read(ref _metrics);

    /// <summary>MQTT bytes of the batches with them.</summary>
    internal long MetricBytes => Interlocked.Read(ref _metricBytes);

    /// <summary>Values of samples that came: each number of each sample of the device and of VMs.</summary>
    internal long SampleValues => Interlocked.Read(ref _sampleValues);

    /// <summary>MQTT bytes of the batches with them.</summary>
    internal long SampleBytes => Interlocked.Read(ref _sampleBytes);

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
                byte[] payload = publish.ApplicationMessage.Payload.ToArray();
                TelemetryBatch batch = TelemetryBatch.Decode(payload);
                Count(batch, payload.Length + publish.ApplicationMessage.Topic.Length + MqttOverheadBytes);
                await SendAsync(DownlinkKind.Ack, new Ack(batch.Header.BootId, batch.Header.Sequence).Encode());
                _uplinks.Release();
                break;
            case UplinkKind.Reported:
                _uplinks.Release();
                break;
            default:
                break;
        }
    }

    private void Count(TelemetryBatch batch, int bytes)
    {
        lock (_seen)
        {
            if (!_seen.Add((batch.Header.BootId, batch.Header.Sequence)))
            {
                return;
            }
        }

        if (batch.Metrics.Count > 0)
        {
            Interlocked.Add(ref _metrics, batch.Metrics.Count);
            Interlocked.Add(ref _metricBytes, bytes);
        }
        else if (batch.Hosts.Count + batch.Vms.Count > 0)
        {
            Interlocked.Add(ref _sampleValues, batch.Hosts.Sum(static host => HostValues + host.CoreCpuPermille.Count) + (VmValues * batch.Vms.Count));
            Interlocked.Add(ref _sampleBytes, bytes);
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
