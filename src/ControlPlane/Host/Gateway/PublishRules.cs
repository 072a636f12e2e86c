using MicroVm.Shared.Codecs.Cbor;
using MicroVm.Shared.Identity;
using MicroVm.Shared.Topics;
using MQTTnet;
using MQTTnet.Protocol;

namespace MicroVm.ControlPlane.Host.Gateway;

/// <summary>What a device may publish.</summary>
internal static class PublishRules
{
    /// <summary>Why a publish is refused; null when it is not.</summary>
    internal static string? Check(DeviceId device, MqttApplicationMessage message, out UplinkKind kind) =>
        !DeviceTopic.TryParseUp(message.Topic, out DeviceId named, out kind) || named != device ? "topic: expected one of the device's own uplinks"
        : message.Retain ? "retain: expected a message that is not retained"
        : message.QualityOfServiceLevel == MqttQualityOfServiceLevel.ExactlyOnce ? "quality of service: expected 0 or 1, found 2"
        : message.Payload.Length > CborLimits.DocumentBytes ? $"payload: expected at most {CborLimits.DocumentBytes} bytes, found {message.Payload.Length}"
        : null;
}
