using MicroVm.Shared.Identity;

namespace MicroVm.ControlPlane.Host.Gateway;

/// <summary>The newest connection of each device.</summary>
internal sealed class ConnectionRegistry
{
    private readonly Lock _lock = new();
    private readonly Dictionary<DeviceId, DeviceConnection> _newest = [];
    private long _ordinal;

    internal int Count
    {
        get
        {
            lock (_lock)
            {
                return _newest.Count;
            }
        }
    }

    /// <summary>
    /// Makes a connection its device's newest. The server says that an older one is taken over before it says that the newer
    /// one is there, so one that has ended already is the older one and changes nothing.
    /// </summary>
    internal void Add(DeviceConnection connection)
    {
        lock (_lock)
        {
            if (!connection.Ended)
            {
                connection.Ordinal = ++_ordinal;
                _newest[connection.Device] = connection;
            }
        }
    }

    /// <summary>Ends a connection; a newer one of the device stays.</summary>
    internal void End(DeviceConnection connection)
    {
        lock (_lock)
        {
            connection.End();
            if (_newest.GetValueOrDefault(connection.Device) == connection)
            {
                _newest.Remove(connection.Device);
            }
        }
    }

    /// <summary>A device's newest connection; null when it has none.</summary>
    internal DeviceConnection? Find(DeviceId device)
    {
        lock (_lock)
        {
            return _newest.GetValueOrDefault(device);
        }
    }

    /// <summary>All devices' newest connections.</summary>
    internal IReadOnlyList<DeviceConnection> All()
    {
        lock (_lock)
        {
            return [.. _newest.Values];
        }
    }

    internal DeviceConnection? Find(DeviceId device, long ordinal)
    {
        lock (_lock)
        {
            return _newest.GetValueOrDefault(device) is DeviceConnection connection && connection.Ordinal == ordinal ? connection : null;
        }
    }
}
