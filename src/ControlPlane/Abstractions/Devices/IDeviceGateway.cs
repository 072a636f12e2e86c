using MicroVm.Shared.Topics;

namespace MicroVm.ControlPlane.Abstractions.Devices;

/// <summary>
/// The gateway that holds a device's connection, as a grain sees it. The call hands bytes to the one session and returns;
/// it never calls a grain.
/// </summary>
public interface IDeviceGateway : IGrainObserver
{
    /// <summary>Enqueues a downlink on a connection.</summary>
    /// <param name="device">Device id.</param>
    /// <param name="connection">Ordinal of the connection, from <see cref="GatewayLink"/>.</param>
    /// <param name="kind">What the payload is.</param>
    /// <param name="payload">The encoded message.</param>
    /// <returns>False when that connection is gone, not subscribed or does not read.</returns>
    Task<bool> SendAsync(string device, long connection, DownlinkKind kind, byte[] payload);
}
