using MicroVm.ControlPlane.Abstractions.Identity;
using MicroVm.Shared.Identity;
using Microsoft.AspNetCore.Connections;

namespace MicroVm.ControlPlane.Host.Gateway;

/// <summary>
/// The transport of every connection that has shown a certificate, from its handshake to its end, so that a device that is revoked
/// loses them in the same moment, whatever it is doing.
/// </summary>
internal sealed class LiveConnections
{
    private readonly Lock _lock = new();
    private readonly Dictionary<DeviceId, List<ConnectionContext>> _open = [];

    /// <summary>Follows the identities.</summary>
    public LiveConnections(IDeviceIdentities identities) => identities.Changed += OnChanged;

    internal void Add(DeviceId device, ConnectionContext connection)
    {
        lock (_lock)
        {
            if (!_open.TryGetValue(device, out List<ConnectionContext>? connections))
            {
                _open.Add(device, connections = []);
            }

            connections.Add(connection);
        }
    }

    internal void Remove(DeviceId device, ConnectionContext connection)
    {
        lock (_lock)
        {
            if (_open.TryGetValue(device, out List<ConnectionContext>? connections) && connections.Remove(connection) && connections.Count == 0)
            {
                _open.Remove(device);
            }
        }
    }

    private void OnChanged(DeviceIdentity identity)
    {
        if (identity.State != IdentityState.Revoked || !DeviceId.TryParse(identity.Device, out DeviceId device))
        {
            return;
        }

        ConnectionContext[] connections;
        lock (_lock)
        {
            connections = _open.GetValueOrDefault(device)?.ToArray() ?? [];
        }

        foreach (ConnectionContext connection in connections)
        {
            connection.Abort(new ConnectionAbortedException($"device '{device}' is revoked"));
        }
    }
}
