using Microsoft.Extensions.Logging;
using MicroVm.EdgeAgent.Configuration;
using MicroVm.EdgeAgent.Desired;
using MicroVm.EdgeAgent.Diagnostics;
using MicroVm.EdgeAgent.Identity;
using MicroVm.EdgeAgent.Mqtt;
using MicroVm.EdgeAgent.Telemetry;
using MicroVm.Shared.Contracts.Commands;
using MicroVm.Shared.Contracts.Reported;
using MicroVm.Shared.Faults;
using MicroVm.Shared.Identity;
using MicroVm.Shared.Topics;

namespace MicroVm.EdgeAgent.Hosting;

/// <summary>Hands downlinks to who they are for.</summary>
internal sealed class AgentLinkHandler(
    AgentOptions options,
    DesiredIntake intake,
    Refusals refusals,
    IdentityStore identity,
    HostSampler host,
    UplinkSequence sequence,
    AgentCounters counters,
    ILogger logger) : ILinkHandler
{
    /// <summary>Raised when a connection is up.</summary>
    internal event Action? Connected;

    /// <summary>Raised when the control plane has a telemetry batch.</summary>
    internal event Action<Ack>? Acknowledged;

    /// <summary>Raised when a command came.</summary>
    internal event Action<ReadOnlyMemory<byte>>? Commanded;

    /// <summary>Makes the report of a refusal; null when nothing is refused.</summary>
    internal Func<byte[]?>? ReportOfRefusal { get; set; }

    /// <inheritdoc/>
    public byte[]? MakeFirstReport() => ReportOfRefusal?.Invoke();

    /// <inheritdoc/>
    public void OnTooLarge(long bytes)
    {
        counters.RefusedDownlinks.Increment();
        string reason = $"message: expected at most {MqttLink.MaximumPacketBytes} bytes, found one of {bytes} bytes or more";
        refusals.Set(reason);
        Log.RefusedDownlink(logger, "packet", reason);
    }

    /// <inheritdoc/>
    public byte[] MakeHello() => new Hello
    {
        Header = sequence.Next(),
        AgentVersion = AgentVersion.Text,
        Architecture = MachineArchitecture.Current,
        Capacity = host.ReadCapacity(),
        HeldGeneration = intake.Current.Generation,
        HeldDigest = intake.HeldDigest,
        Labels = options.Labels,
        TrustVersion = identity.Current?.Trust.Version ?? 0,
    }.Encode();

    /// <inheritdoc/>
    public void OnConnected() => Connected?.Invoke();

    /// <inheritdoc/>
    public void OnDownlink(DownlinkKind kind, ReadOnlyMemory<byte> payload)
    {
        switch (kind)
        {
            case DownlinkKind.Desired:
                intake.Offer(payload);
                break;
            case DownlinkKind.Ack:
                TakeAck(payload);
                break;
            case DownlinkKind.Command:
                Commanded?.Invoke(payload);
                break;
            default:
                Refuse(kind, "this version does not know it");
                break;
        }
    }

    private void TakeAck(ReadOnlyMemory<byte> payload)
    {
        try
        {
            Acknowledged?.Invoke(Ack.Decode(payload));
        }
        catch (WireFormatException e)
        {
            Refuse(DownlinkKind.Ack, e.Message);
        }
    }

    private void Refuse(DownlinkKind kind, string reason)
    {
        counters.RefusedDownlinks.Increment();
        Log.RefusedDownlink(logger, kind.ToString(), reason);
    }
}
