using System.Net;
using MicroVm.ControlPlane.Host.Auth;
using MicroVm.ControlPlane.Host.Identity;

namespace MicroVm.ControlPlane.Host.Configuration;

/// <summary>What an operator sets. Values come from <c>--data</c>, <c>--listen</c>, <c>--mqtt</c> or <c>ControlPlane:*</c>.</summary>
/// <param name="DataPath">Directory of everything durable; made when missing.</param>
/// <param name="Listen">Where the API listens; port 0 takes a free one.</param>
/// <param name="Mqtt">Where the gateway listens; port 0 takes a free one.</param>
public sealed record ControlPlaneOptions(string DataPath, IPEndPoint Listen, IPEndPoint Mqtt)
{
    /// <summary>Most MQTT connections at a time.</summary>
    public int MaxDeviceConnections { get; init; } = 10_000;

    /// <summary>Most MQTT connections that are begun in a second; more are cut off before their handshake.</summary>
    public int MaxConnectsPerSecond { get; init; } = 500;

    /// <summary>Host names and addresses that clients know this server by, beside the ones that it knows itself.</summary>
    public IReadOnlyList<string> Names { get; init; } = [];

    /// <summary>What is issued to devices.</summary>
    public IdentityOptions Identity { get; init; } = new();

    /// <summary>The identity provider of operators; null for none.</summary>
    public OidcOptions? Oidc { get; init; }

    /// <summary>How much telemetry is kept.</summary>
    public RetentionOptions Retention { get; init; } = new();
}
