using System.Numerics;

namespace MicroVm.Vmm.Devices.Virtio.Vsock;

/// <summary>
/// Slots of connections with something to send, taken round robin so that one busy connection cannot starve the others.
/// A bit per slot: what a guest opens and drops in a loop leaves nothing behind.
/// </summary>
internal sealed class VsockReadySet
{
    private readonly ulong[] _bits = new ulong[VsockConnectionTable.Capacity / 64];
    private int _last = VsockConnectionTable.Capacity - 1;

    /// <summary>Slots in the set.</summary>
    internal bool IsEmpty
    {
        get
        {
            foreach (ulong word in _bits)
            {
                if (word != 0)
                {
                    return false;
                }
            }

            return true;
        }
    }

    internal void Add(int slot) => _bits[slot >> 6] |= 1UL << (slot & 63);

    internal void Remove(int slot) => _bits[slot >> 6] &= ~(1UL << (slot & 63));

    internal void Clear() => Array.Clear(_bits);

    /// <summary>Takes the next slot behind the one taken last; -1 when the set is empty.</summary>
    internal int TakeNext()
    {
        int start = (_last + 1) % VsockConnectionTable.Capacity;
        int slot = FirstFrom(start);
        if (slot < 0)
        {
            slot = FirstFrom(0);
        }

        if (slot >= 0)
        {
            Remove(slot);
            _last = slot;
        }

        return slot;
    }

    private int FirstFrom(int start)
    {
        for (int word = start >> 6; word < _bits.Length; word++)
        {
            ulong bits = word == start >> 6 ? _bits[word] & (ulong.MaxValue << (start & 63)) : _bits[word];
            if (bits != 0)
            {
                return (word << 6) + BitOperations.TrailingZeroCount(bits);
            }
        }

        return -1;
    }
}
