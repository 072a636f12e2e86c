using System.Buffers.Binary;
using MicroVm.Vmm.Control;
using MicroVm.Vmm.Devices.Virtio.Queue;
using MicroVm.Vmm.Devices.Virtio.Transport;
using MicroVm.Vmm.EventLoop;
using MicroVm.Vmm.Interop.Linux;

namespace MicroVm.Vmm.Devices.Virtio.Vsock;

/// <summary>
/// virtio-vsock (virtio 1.2 section 5.10) over Unix sockets of the host, by Firecracker's scheme: a host client connects to the
/// device's socket and sends <c>CONNECT port\n</c>, hears <c>OK hostport\n</c>, and talks to the guest; a guest that connects to
/// CID 2, port P reaches whoever listens at the device's path with <c>_P</c> behind it.
/// <para>Connections and sockets belong to the loop thread; a reset from a vCPU thread only takes the queues away and leaves
/// closing to the loop. What is kept for a connection is bounded (<see cref="VsockTxBuffer"/>), and so is their number.</para>
/// </summary>
internal sealed partial class VsockDevice : IVirtioDevice, IEventSource
{
    private const ushort QueueSize = 256;

    /// <summary>Linux keeps a page for every entry of this one, all of them at once: with 256 a guest of 32 MiB has 0.8 MiB less.</summary>
    private const ushort RxQueueSize = 64;
    private const int RxQueue = 0;
    private const int TxQueue = 1;
    private const int BatchLimit = 2 * QueueSize;
    private const uint ListenerToken = uint.MaxValue;

    private static readonly ushort[] s_queueMaxSizes = [RxQueueSize, QueueSize, QueueSize];

    private readonly EpollLoop _loop;
    private readonly string _path;
    private readonly byte[] _config = new byte[sizeof(ulong)];
    private readonly uint _guestCid;
    private readonly ChainBuffers _buffers = new(QueueSize);
    private readonly VsockConnectionTable _table = new();
    private readonly VsockReadySet _ready = new();
    private readonly VsockResets _resets = new();
    private readonly Action _dropStale;
    private volatile VirtioActivation? _activation;
    private int _stale;
    private int _listener;
    private bool _listenerMuted;

    /// <summary>Listens at the configured path. On the loop's thread or before it runs.</summary>
    /// <exception cref="OsFaultException">The socket cannot be made.</exception>
    internal VsockDevice(VsockConfig config, EpollLoop loop)
    {
        _loop = loop;
        _path = config.UdsPath;
        _guestCid = config.GuestCid;
        _dropStale = DropStaleConnections;
        BinaryPrimitives.WriteUInt64LittleEndian(_config, config.GuestCid);
        _listener = UnixSocket.Listen(_path, VsockConnectionTable.Capacity);
        loop.Add(_listener, EpollLoop.In, this, ListenerToken);
    }

    public VirtioDeviceType DeviceType => VirtioDeviceType.Vsock;

    public string Name => "vsock";

    public ulong OfferedFeatures => 0;

    public ReadOnlySpan<ushort> QueueMaxSizes => s_queueMaxSizes;

    /// <summary>Counters.</summary>
    internal VsockMetrics Metrics { get; } = new();

    /// <summary>Connections now, in any state.</summary>
    internal int ConnectionCount => _table.Count;

    public void ReadConfig(uint offset, Span<byte> data) => ConfigSpace.Read(_config, offset, data);

    public void WriteConfig(uint offset, ReadOnlySpan<byte> data)
    {
        // The guest's context id is all there is, and it is the host's to choose.
    }

    public void Activate(VirtioActivation activation) => _activation = activation;

    public void Reset()
    {
        _activation = null;

        // A guest may reset in a loop: at most one clean-up waits in the loop's queue.
        if (Interlocked.Exchange(ref _stale, 1) == 0)
        {
            _loop.Post(_dropStale);
        }
    }

    public GuestFault OnDoorbell(int queue)
    {
        DropStaleConnections();
        VirtioActivation? activation = _activation;
        if (activation is null)
        {
            return GuestFault.None;
        }

        GuestFault fault = queue == TxQueue ? TakeFromGuest(activation) : GuestFault.None;
        return fault == GuestFault.None ? SendToGuest(activation) : fault;
    }

    /// <summary>A host descriptor is ready; on the loop thread, without the lock.</summary>
    public void OnReady(uint events, uint token)
    {
        DropStaleConnections();
        VirtioActivation? activation = _activation;
        if (activation is null)
        {
            RefuseClients(token);
            return;
        }

        lock (activation.Transport.Gate)
        {
            // A reset on a vCPU thread may have come between; the descriptor stays ready and will be reported again.
            if (ReferenceEquals(_activation, activation))
            {
                // Or a reset and a new start: nothing of the old connections may reach the new driver.
                DropStaleConnections();
                ServeHost(events, token);
                GuestFault fault = SendToGuest(activation);
                if (fault != GuestFault.None)
                {
                    activation.Transport.Fail(fault);
                }
            }
        }
    }

    public void Dispose()
    {
        _activation = null;
        CloseAll();
        if (_listener >= 0)
        {
            _loop.Remove(_listener);
            _ = Libc.close(_listener);
            _ = Libc.unlink(_path);
            _listener = -1;
        }
    }

    private void DropStaleConnections()
    {
        if (Interlocked.Exchange(ref _stale, 0) != 0)
        {
            CloseAll();
        }
    }

    private void CloseAll()
    {
        for (int slot = 0; slot < VsockConnectionTable.Capacity && _table.Count != 0; slot++)
        {
            if (_table[slot] is { } connection)
            {
                Remove(connection);
            }
        }

        _resets.Clear();
    }

    /// <summary>Closes a connection's socket and forgets it; says nothing to the guest.</summary>
    private void Remove(VsockConnection connection)
    {
        CloseSocket(connection);
        _ready.Remove(connection.Slot);
        _table.Remove(connection);
    }

    private void CloseSocket(VsockConnection connection)
    {
        connection.TxBuffer.Dispose();
        if (connection.Fd < 0)
        {
            return;
        }

        StopWatching(connection);
        _ = Libc.close(connection.Fd);
        connection.Fd = -1;
        if (_listenerMuted)
        {
            _listenerMuted = false;
            _loop.Modify(_listener, EpollLoop.In);
        }
    }

    private void StopWatching(VsockConnection connection)
    {
        if (!connection.IsHungUp)
        {
            connection.IsHungUp = true;
            _loop.Remove(connection.Fd);
        }
    }

    private void Want(VsockConnection connection, PendingPackets packets)
    {
        connection.Pending |= packets;
        _ready.Add(connection.Slot);
    }

    /// <summary>Has the guest told that the connection is dead, and forgets it then.</summary>
    private void ResetConnection(VsockConnection connection)
    {
        CloseSocket(connection);
        connection.Pending = PendingPackets.None;
        Want(connection, PendingPackets.Reset);
    }

    /// <summary>Watches the socket for what can be made use of: input while the guest has room, output while something waits.</summary>
    private void UpdateInterest(VsockConnection connection)
    {
        if (connection.Fd < 0 || connection.IsHungUp)
        {
            return;
        }

        bool reads = connection.State switch
        {
            VsockConnectionState.Handshake => true,
            VsockConnectionState.Established => !connection.HostFinished
                && !connection.GuestDeaf
                && (connection.Pending & PendingPackets.Data) == 0
                && connection.GuestCredit != 0,
            _ => false,
        };
        uint interest = (reads ? EpollLoop.In : 0) | (connection.TxBuffer.Count != 0 ? EpollLoop.Out : 0);
        if (interest != connection.Interest)
        {
            connection.Interest = interest;
            _loop.Modify(connection.Fd, interest);
        }
    }
}
