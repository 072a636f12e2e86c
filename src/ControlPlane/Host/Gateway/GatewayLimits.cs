using MicroVm.Shared.Codecs.Cbor;

namespace MicroVm.ControlPlane.Host.Gateway;

/// <summary>What a connection may at most make the gateway hold or wait for.</summary>
internal static class GatewayLimits
{
    /// <summary>Largest first packet: a CONNECT has a client id and a few properties.</summary>
    internal const int ConnectPacketBytes = 4 << 10;

    /// <summary>Largest later packet: a document, its topic and its properties.</summary>
    internal const int PacketBytes = CborLimits.DocumentBytes + (4 << 10);

    /// <summary>Downlinks that a device has not acknowledged yet.</summary>
    internal const int UnacknowledgedDownlinks = 64;

    /// <summary>Longest keep-alive in seconds; a device that is silent for one and a half of it is offline.</summary>
    internal const int KeepAliveSeconds = 600;

    /// <summary>Longest time from the first byte of a connection to its CONNECT.</summary>
    internal static TimeSpan ConnectTimeout { get; } = TimeSpan.FromSeconds(15);

    /// <summary>Longest wait for a device's reply to a command.</summary>
    internal static TimeSpan Reply { get; } = TimeSpan.FromSeconds(30);
}
