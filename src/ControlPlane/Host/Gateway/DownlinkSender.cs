using MicroVm.ControlPlane.Abstractions.Devices;
using MicroVm.Shared.Identity;
using MicroVm.Shared.Topics;
using MQTTnet;
using MQTTnet.Protocol;
using MQTTnet.Server;

namespace MicroVm.ControlPlane.Host.Gateway;

/// <summary>
/// Puts downlinks on the one session that they are for; the server's dispatcher, which asks every session, is never used.
/// A device that does not read is disconnected: it says hello again when it does, and is told then.
/// </summary>
internal sealed class DownlinkSender(ConnectionRegistry registry, GatewayCounters counters, IGrainFactory grains, ILogger<DownlinkSender> logger)
    : IDeviceGateway
{
    private IDeviceGateway? _reference;

    /// <summary>This gateway as grains keep it.</summary>
    internal IDeviceGateway Reference => LazyInitializer.EnsureInitialized(
        ref _reference, () => grains.CreateObjectReference<IDeviceGateway>(this));

    /// <summary>Ends a connection of a device; set by the server when it starts.</summary>
    internal Func<DeviceConnection, Task> Disconnect { get; set; } = static _ => Task.CompletedTask;

    /// <inheritdoc/>
    public Task<bool> SendAsync(string device, long connection, DownlinkKind kind, byte[] payload) =>
        DeviceId.TryParse(device, out DeviceId id) && registry.Find(id, connection) is DeviceConnection found
            ? SendAsync(found, kind, payload)
            : Task.FromResult(false);

    /// <summary>Enqueues a downlink; false when the connection cannot take it.</summary>
    internal async Task<bool> SendAsync(DeviceConnection connection, DownlinkKind kind, byte[] payload)
    {
        if (connection.Ended || connection.Session is not MqttSessionStatus session)
        {
            return false;
        }

        MqttApplicationMessage message = new()
        {
            Topic = DeviceTopic.Down(connection.Device, kind),
            PayloadSegment = payload,
            QualityOfServiceLevel = MqttQualityOfServiceLevel.AtLeastOnce,
        };
        if (connection.TryReserveDownlink() && TryEnqueue(session, message))
        {
            counters.Downlink();
            return true;
        }

        counters.DownlinkDropped();
        GatewayLog.DownlinkDropped(logger, connection.Device.Value, kind);
        await Disconnect(connection);
        return false;
    }

    private static bool TryEnqueue(MqttSessionStatus session, MqttApplicationMessage message)
    {
        try
        {
            return session.TryEnqueueApplicationMessage(message, out _);
        }
        catch (ObjectDisposedException)
        {
            // The connection ended in this moment.
            return false;
        }
    }
}
