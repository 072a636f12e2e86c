using MicroVm.Shared.Topics;

namespace MicroVm.EdgeAgent.Mqtt;

/// <summary>The way to the control plane.</summary>
internal interface IUplink
{
    /// <summary>Publishes a payload and waits for the gateway's answer.</summary>
    Task<PublishOutcome> PublishAsync(UplinkKind kind, byte[] payload, CancellationToken cancellation);
}
