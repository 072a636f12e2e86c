using MQTTnet.Protocol;

namespace MicroVm.ControlPlane.Host.Gateway;

/// <summary>What a device is answered to a publish.</summary>
/// <param name="Reason">The PUBACK's reason code.</param>
/// <param name="Text">Why, in one line; null when all is well.</param>
internal sealed record UplinkOutcome(MqttPubAckReasonCode Reason, string? Text = null)
{
    internal static UplinkOutcome Taken { get; } = new(MqttPubAckReasonCode.Success);
}
