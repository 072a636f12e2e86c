using MicroVm.Shared.Identity;
using MQTTnet.Server;

namespace MicroVm.ControlPlane.Host.Gateway;

/// <summary>One MQTT connection of a device, from its CONNECT to its end. Found by its own session's items, so two never mix.</summary>
internal sealed class DeviceConnection(DeviceId device, byte[]? publicKey = null)
{
    private const string Item = "connection";

    private int _unacknowledged;
    private volatile bool _ended;
    private volatile MqttSessionStatus? _session;

    internal DeviceId Device { get; } = device;

    /// <summary>Digest of the key that its certificate is for.</summary>
    internal string KeyDigest { get; } = publicKey is null ? "" : Digest.Of(publicKey).Value;

    /// <summary>That key (SubjectPublicKeyInfo).</summary>
    internal byte[] PublicKey { get; } = publicKey ?? [];

    /// <summary>Version of the trust bundle that it was sent last; 0 when none.</summary>
    internal ulong TrustSent { get; set; }

    /// <summary>Rises with every connection of the gateway; 0 until <see cref="ConnectionRegistry"/> has it.</summary>
    internal long Ordinal { get; set; }

    /// <summary>True once it is disconnected or taken over; it never comes back.</summary>
    internal bool Ended => _ended;

    /// <summary>True once a hello was taken from it.</summary>
    internal bool SaidHello { get; set; }

    /// <summary>The session to enqueue downlinks on; null until the device has subscribed.</summary>
    internal MqttSessionStatus? Session => _session;

    internal static DeviceConnection? Of(System.Collections.IDictionary sessionItems) => sessionItems[Item] as DeviceConnection;

    internal void AttachTo(System.Collections.IDictionary sessionItems) => sessionItems[Item] = this;

    internal void Subscribed(MqttSessionStatus session) => _session = session;

    internal void End() => _ended = true;

    /// <summary>Counts a downlink that has to be acknowledged.</summary>
    /// <returns>False when the device does not keep up.</returns>
    internal bool TryReserveDownlink()
    {
        if (Interlocked.Increment(ref _unacknowledged) <= GatewayLimits.UnacknowledgedDownlinks)
        {
            return true;
        }

        Interlocked.Decrement(ref _unacknowledged);
        return false;
    }

    internal void DownlinkAcknowledged() => Interlocked.Decrement(ref _unacknowledged);
}
