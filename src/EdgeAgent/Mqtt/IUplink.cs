using MicroVm.Shared.Topics;

namespace MicroVm.EdgeAgent.Mqtt;

/// <summary>The way to the control plane.</summary>
internal interface IUplink
{
    /// <summary>Publishes a payload and waits until the gateway has it; false when there is no connection or it broke.</summary>
    Task<bool> TryPublishAsync(UplinkKind kind, byte[] payload, CancellationToken cancellation);
}
