using MicroVm.Shared.Identity;
using MQTTnet.Formatter;
using MQTTnet.Protocol;
using MQTTnet.Server;

namespace MicroVm.ControlPlane.Host.Gateway;

/// <summary>Who may connect.</summary>
internal static class ConnectRules
{
    /// <summary>Why a CONNECT is refused; null when it is not.</summary>
    /// <param name="connect">The CONNECT.</param>
    /// <param name="subject">Subject of the certificate that the connection has shown; empty when it has none.</param>
    /// <param name="device">The device.</param>
    /// <param name="code">What to answer.</param>
    internal static string? Check(ValidatingConnectionEventArgs connect, string subject, out DeviceId device, out MqttConnectReasonCode code)
    {
        device = default;
        if (connect.ProtocolVersion != MqttProtocolVersion.V500)
        {
            code = MqttConnectReasonCode.UnsupportedProtocolVersion;
            return $"expected MQTT 5, found {connect.ProtocolVersion}";
        }

        if (!DeviceId.TryParse(connect.ClientId, out device))
        {
            code = MqttConnectReasonCode.ClientIdentifierNotValid;
            return $"client id: expected a device id, 1 to {DeviceId.MaxLength} characters of [a-z0-9-]";
        }

        if (device.Value != subject)
        {
            code = MqttConnectReasonCode.NotAuthorized;
            return "client id: expected the subject of the connection's certificate";
        }

        if (connect.UserName is not null || connect.RawPassword is { Length: > 0 } || connect.AuthenticationMethod is not null)
        {
            code = MqttConnectReasonCode.BadAuthenticationMethod;
            return "credentials: expected none beside the certificate";
        }

        code = MqttConnectReasonCode.ImplementationSpecificError;
        return connect.CleanSession != true ? "expected a clean start: sessions are not kept"
            : connect.KeepAlivePeriod is not (> 0 and <= GatewayLimits.KeepAliveSeconds)
                ? $"keep-alive: expected 1 to {GatewayLimits.KeepAliveSeconds} seconds, found {connect.KeepAlivePeriod}"
            : null;
    }
}
