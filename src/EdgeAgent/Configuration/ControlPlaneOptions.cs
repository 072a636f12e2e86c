namespace MicroVm.EdgeAgent.Configuration;

/// <summary>Where the control plane is.</summary>
/// <param name="ApiUrl">Base address of the REST API, which serves images.</param>
/// <param name="MqttHost">Name or address of the MQTT gateway.</param>
/// <param name="MqttPort">TCP port of the MQTT gateway.</param>
internal sealed record ControlPlaneOptions(Uri ApiUrl, string MqttHost, int MqttPort);
