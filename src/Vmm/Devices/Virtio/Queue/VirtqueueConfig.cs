using MicroVm.Vmm.Memory;

namespace MicroVm.Vmm.Devices.Virtio.Queue;

/// <summary>
/// What the driver wrote into a queue's registers: unchecked numbers until <see cref="Virtqueue.TryCreate"/> takes them.
/// </summary>
internal struct VirtqueueConfig
{
    /// <summary>Entries of the queue.</summary>
    internal uint Size;

    /// <summary>The driver declared the queue ready.</summary>
    internal bool Ready;

    /// <summary>Guest address of the descriptor table.</summary>
    internal ulong DescriptorTable;

    /// <summary>Guest address of the available ring ("driver area").</summary>
    internal ulong AvailableRing;

    /// <summary>Guest address of the used ring ("device area").</summary>
    internal ulong UsedRing;

    /// <summary>Checks everything that can be checked before the queue runs (virtio 1.2 section 2.7, table of alignments and sizes).</summary>
    internal readonly GuestFault Check(GuestMemory memory, ushort maxSize)
    {
        if (!Ready)
        {
            return GuestFault.QueueNotReady;
        }

        if (Size == 0 || Size > maxSize || (Size & (Size - 1)) != 0)
        {
            return GuestFault.QueueSize;
        }

        if ((DescriptorTable & 15) != 0 || (AvailableRing & 1) != 0 || (UsedRing & 3) != 0)
        {
            return GuestFault.RingMisaligned;
        }

        bool inside = memory.Contains(new GuestAddress(DescriptorTable), 16UL * Size)
            && memory.Contains(new GuestAddress(AvailableRing), 6 + (2UL * Size))
            && memory.Contains(new GuestAddress(UsedRing), 6 + (8UL * Size));
        return inside ? GuestFault.None : GuestFault.RingOutsideMemory;
    }
}
