namespace MicroVm.Vmm.Devices.Virtio.Vsock;

/// <summary>RST replies to packets that belong to no connection: a fixed ring, so that a guest cannot make it grow.</summary>
internal sealed class VsockResets
{
    private const int Capacity = 128;

    private readonly (ulong HostCid, uint HostPort, uint GuestPort)[] _ring = new (ulong, uint, uint)[Capacity];
    private int _start;
    private int _count;

    /// <summary>True when none waits.</summary>
    internal bool IsEmpty => _count == 0;

    /// <summary>Adds one; false when there is no room.</summary>
    internal bool TryAdd(ulong hostCid, uint hostPort, uint guestPort)
    {
        if (_count == Capacity)
        {
            return false;
        }

        _ring[(_start + _count++) % Capacity] = (hostCid, hostPort, guestPort);
        return true;
    }

    /// <summary>Takes the oldest; there must be one.</summary>
    internal (ulong HostCid, uint HostPort, uint GuestPort) Take()
    {
        (ulong, uint, uint) reply = _ring[_start];
        _start = (_start + 1) % Capacity;
        _count--;
        return reply;
    }

    internal void Clear() => _count = 0;
}
