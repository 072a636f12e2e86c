namespace MicroVm.Vmm.Bus;

/// <summary>
/// Finds the device behind a port or physical address. Filled before the guest runs and read by all vCPU threads afterwards.
/// What belongs to no device reads as all ones and swallows writes, as an empty bus does.
/// </summary>
internal sealed class IoBus
{
    private Slot[] _slots = [];
    private long _unclaimed;

    /// <summary>Guest accesses that no device claimed.</summary>
    internal long UnclaimedAccesses => Interlocked.Read(ref _unclaimed);

    /// <summary>Claims <paramref name="size"/> addresses from <paramref name="start"/> for a device; ranges may not overlap.</summary>
    internal void Add(ulong start, ulong size, IBusDevice device)
    {
        foreach (Slot slot in _slots)
        {
            if (start < slot.Start + slot.Size && slot.Start < start + size)
            {
                throw new InvalidOperationException($"bus range 0x{start:x} overlaps another");
            }
        }

        _slots = [.. _slots, new Slot(start, size, device)];
    }

    internal void Read(ulong address, Span<byte> data)
    {
        int slot = Find(address, (ulong)data.Length);
        if (slot < 0)
        {
            data.Fill(0xff);
            return;
        }

        _slots[slot].Device.Read(address - _slots[slot].Start, data);
    }

    internal void Write(ulong address, ReadOnlySpan<byte> data)
    {
        int slot = Find(address, (ulong)data.Length);
        if (slot >= 0)
        {
            _slots[slot].Device.Write(address - _slots[slot].Start, data);
        }
    }

    // A machine has a handful of devices on a bus: a walk is as fast as anything cleverer.
    private int Find(ulong address, ulong length)
    {
        Slot[] slots = _slots;
        for (int i = 0; i < slots.Length; i++)
        {
            // Unsigned: an address below the start gives an offset larger than any size.
            ulong offset = unchecked(address - slots[i].Start);
            if (offset < slots[i].Size && length <= slots[i].Size - offset)
            {
                return i;
            }
        }

        Interlocked.Increment(ref _unclaimed);
        return -1;
    }

    private readonly record struct Slot(ulong Start, ulong Size, IBusDevice Device);
}
