using System.Net;

namespace MicroVm.ControlPlane.Host.Configuration;

/// <summary>What an operator sets. Values come from <c>--data</c>, <c>--listen</c>, <c>--mqtt</c> or <c>ControlPlane:*</c>.</summary>
/// <param name="DataPath">Directory of everything durable; made when missing.</param>
/// <param name="Listen">Where the API listens; port 0 takes a free one.</param>
/// <param name="Mqtt">Where the gateway listens; port 0 takes a free one.</param>
public sealed record ControlPlaneOptions(string DataPath, IPEndPoint Listen, IPEndPoint Mqtt)
{
    /// <summary>Most MQTT connections at a time.</summary>
    public int MaxDeviceConnections { get; init; } = 10_000;

    /// <summary>How much telemetry is kept.</summary>
    public RetentionOptions Retention { get; init; } = new();
}
