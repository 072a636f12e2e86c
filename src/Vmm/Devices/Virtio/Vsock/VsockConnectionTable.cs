namespace MicroVm.Vmm.Devices.Virtio.Vsock;

/// <summary>All connections of the device, by slot and by ports; a fixed number of slots. Loop thread only.</summary>
internal sealed class VsockConnectionTable
{
    /// <summary>Most connections at once, unfinished and finishing ones included.</summary>
    internal const int Capacity = 256;

    // Ports of host clients are above those that programs choose for themselves.
    private const uint FirstHostPort = 1u << 30;

    private readonly VsockConnection?[] _slots = new VsockConnection?[Capacity];
    private readonly Dictionary<ulong, VsockConnection> _byPorts = [];
    private uint _nextHostPort = FirstHostPort;

    /// <summary>Connections now.</summary>
    internal int Count { get; private set; }

    /// <summary>The connection of a slot, or null.</summary>
    internal VsockConnection? this[int slot] => (uint)slot < Capacity ? _slots[slot] : null;

    /// <summary>The connection with these ports, or null.</summary>
    internal VsockConnection? Find(uint hostPort, uint guestPort) =>
        _byPorts.GetValueOrDefault(VsockConnection.KeyOf(hostPort, guestPort));

    /// <summary>Makes a connection that has no ports yet; null when the table is full.</summary>
    internal VsockConnection? TryAdd(int fd)
    {
        int slot = Array.IndexOf(_slots, null);
        if (slot < 0)
        {
            return null;
        }

        Count++;
        return _slots[slot] = new VsockConnection(slot, fd);
    }

    /// <summary>Names a connection; false when another has the name.</summary>
    internal bool TryName(VsockConnection connection, uint hostPort, uint guestPort)
    {
        connection.HostPort = hostPort;
        connection.GuestPort = guestPort;
        return _byPorts.TryAdd(VsockConnection.KeyOf(hostPort, guestPort), connection);
    }

    /// <summary>Names a connection that a host client wants, with a port of its own on the host's side.</summary>
    internal void NameForHost(VsockConnection connection, uint guestPort)
    {
        // Ends after at most Capacity + 1 rounds, because no more names than that are taken.
        do
        {
            _nextHostPort = _nextHostPort == uint.MaxValue ? FirstHostPort : _nextHostPort + 1;
        }
        while (!TryName(connection, _nextHostPort, guestPort));
    }

    /// <summary>A connection that is only waiting for a peer which may never act, to make room; null when there is none.</summary>
    internal VsockConnection? FindIdle()
    {
        foreach (VsockConnection? connection in _slots)
        {
            if (connection?.State is VsockConnectionState.PeerGone or VsockConnectionState.Handshake)
            {
                return connection;
            }
        }

        return null;
    }

    internal void Remove(VsockConnection connection)
    {
        _slots[connection.Slot] = null;
        Count--;
        ulong key = VsockConnection.KeyOf(connection.HostPort, connection.GuestPort);
        if (_byPorts.TryGetValue(key, out VsockConnection? named) && ReferenceEquals(named, connection))
        {
            _byPorts.Remove(key);
        }
    }
}
