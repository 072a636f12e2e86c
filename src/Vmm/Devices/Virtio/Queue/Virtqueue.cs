using MicroVm.Vmm.Memory;

namespace MicroVm.Vmm.Devices.Virtio.Queue;

/// <summary>
/// The device's side of one split virtqueue (virtio 1.2 section 2.7) with optional indirect descriptors and event index.
/// It exists only between DRIVER_OK and reset, its registers cannot change meanwhile, and its rings were proven to be RAM
/// when it was made. Not thread-safe: the transport's lock covers it. Allocates nothing after construction.
/// </summary>
internal sealed class Virtqueue
{
    private const ulong IndexOffset = 2;
    private const ulong RingOffset = 4;
    private const ushort NoInterrupt = 1;
    private const ushort NoNotify = 1;

    private readonly GuestMemory _memory;
    private readonly ulong _descriptors;
    private readonly ulong _available;
    private readonly ulong _used;
    private readonly bool _eventIndex;
    private readonly bool _indirect;
    private readonly ulong[] _inFlight;
    private ushort _nextAvailable;
    private ushort _nextUsed;
    private ushort _staged;
    private ushort _signalledUsed;

    private Virtqueue(GuestMemory memory, in VirtqueueConfig config, ulong features)
    {
        _memory = memory;
        _descriptors = config.DescriptorTable;
        _available = config.AvailableRing;
        _used = config.UsedRing;
        Size = (ushort)config.Size;
        _indirect = (features & VirtioFeature.IndirectDescriptors) != 0;
        _eventIndex = (features & VirtioFeature.EventIndex) != 0;
        _inFlight = new ulong[(Size + 63) / 64];
    }

    /// <summary>Entries; a power of two.</summary>
    internal ushort Size { get; }

    /// <summary>The first fault met; it stays, and the queue hands out nothing any more.</summary>
    internal GuestFault Fault { get; private set; }

    /// <summary>Makes the queue that the registers describe, or says what is wrong with them.</summary>
    internal static GuestFault TryCreate(
        GuestMemory memory, in VirtqueueConfig config, ushort maxSize, ulong features, out Virtqueue? queue)
    {
        GuestFault fault = config.Check(memory, maxSize);
        queue = fault == GuestFault.None ? new Virtqueue(memory, config, features) : null;
        return fault;
    }

    /// <summary>Takes the next available chain; false when there is none or the ring is broken (<see cref="Fault"/>).</summary>
    internal bool TryPop(out DescriptorChain chain)
    {
        chain = default;
        if (Fault != GuestFault.None || !TryReadAvailableIndex(out ushort availableIndex))
        {
            return false;
        }

        ushort pending = (ushort)(availableIndex - _nextAvailable);
        if (pending == 0)
        {
            return false;
        }

        if (pending > Size)
        {
            return Fail(GuestFault.AvailableIndexJump);
        }

        if (!_memory.TryReadVolatile16(RingEntry(_nextAvailable), out ushort head))
        {
            return Fail(GuestFault.RingOutsideMemory);
        }

        if (head >= Size)
        {
            return Fail(GuestFault.DescriptorIndex);
        }

        ref ulong word = ref _inFlight[head >> 6];
        ulong bit = 1UL << (head & 63);
        if ((word & bit) != 0)
        {
            return Fail(GuestFault.HeadInFlight);
        }

        word |= bit;
        _nextAvailable++;
        chain = new DescriptorChain(_memory, _descriptors, Size, head, _indirect);
        return true;
    }

    /// <summary>Puts back the chain that <see cref="TryPop"/> gave last, as if it had not been taken.</summary>
    internal void UndoPop(ushort head)
    {
        _inFlight[head >> 6] &= ~(1UL << (head & 63));
        _nextAvailable--;
    }

    /// <summary>Makes the queue refuse further work, because a chain taken from it turned out broken.</summary>
    internal bool Fail(GuestFault fault)
    {
        if (Fault == GuestFault.None)
        {
            Fault = fault;
        }

        return false;
    }

    /// <summary>Returns a chain with the number of bytes written into it. The guest is told by whoever asks <see cref="ShouldInterrupt"/>.</summary>
    internal void Complete(ushort head, uint writtenBytes)
    {
        Stage(head, writtenBytes);
        Publish();
    }

    /// <summary>Returns a chain as <see cref="Complete"/> does, out of the guest's sight until <see cref="Publish"/>.</summary>
    internal void Stage(ushort head, uint writtenBytes)
    {
        _inFlight[head >> 6] &= ~(1UL << (head & 63));
        ulong slot = (ulong)((_nextUsed + _staged) & (Size - 1)) * 8;
        UsedElement element = new() { Head = head, WrittenBytes = writtenBytes };
        _staged++;
        if (!_memory.TryWrite(new GuestAddress(_used + RingOffset + slot), element))
        {
            Fail(GuestFault.RingOutsideMemory);
        }
    }

    /// <summary>Shows the guest everything that was staged, all at once.</summary>
    internal void Publish()
    {
        _nextUsed += _staged;
        _staged = 0;

        // Virtio 1.2 section 2.7.8: the elements must be visible before the index that covers them. The index is written with
        // release semantics, which orders it behind the elements and behind the data written into the buffers.
        if (!_memory.TryWriteVolatile16(new GuestAddress(_used + IndexOffset), _nextUsed))
        {
            Fail(GuestFault.RingOutsideMemory);
        }
    }

    /// <summary>True when chains were returned since the last call and the driver wants an interrupt for them.</summary>
    internal bool ShouldInterrupt()
    {
        if (_nextUsed == _signalledUsed)
        {
            return false;
        }

        ushort before = _signalledUsed;
        _signalledUsed = _nextUsed;

        // Virtio 1.2 section 2.7.7.2: the driver writes used_event (or the flags) and then looks at used.idx; we wrote used.idx
        // and now look at used_event. Only a full barrier on both sides makes sure that at least one of us sees the other.
        Interlocked.MemoryBarrier();
        if (_eventIndex)
        {
            _memory.TryReadVolatile16(RingEntryAddress(_available + RingOffset, Size, 2), out ushort usedEvent);
            return CrossedEvent(usedEvent, _nextUsed, before);
        }

        _memory.TryReadVolatile16(new GuestAddress(_available), out ushort flags);
        return (flags & NoInterrupt) == 0;
    }

    /// <summary>Asks the driver not to notify while the queue is being worked. With the event index the stale event does that by itself.</summary>
    internal void SuppressNotifications()
    {
        if (!_eventIndex)
        {
            _memory.TryWriteVolatile16(new GuestAddress(_used), NoNotify);
        }
    }

    /// <summary>
    /// Asks for a notification at the next available chain; true when chains arrived meanwhile, so the caller has to go on
    /// (virtio 1.2 section 2.7.10: the request must be visible before the index is read again).
    /// </summary>
    internal bool EnableNotifications()
    {
        if (_eventIndex)
        {
            _memory.TryWriteVolatile16(RingEntryAddress(_used + RingOffset, Size, 8), _nextAvailable);
        }
        else
        {
            _memory.TryWriteVolatile16(new GuestAddress(_used), 0);
        }

        Interlocked.MemoryBarrier();
        return HasAvailable;
    }

    /// <summary>True when a chain can be taken (or the index is broken, which taking one finds out).</summary>
    internal bool HasAvailable =>
        Fault == GuestFault.None && TryReadAvailableIndex(out ushort index) && index != _nextAvailable;

    /// <summary><c>vring_need_event</c> of virtio 1.2 section 2.7.7.2, in wrapping 16-bit arithmetic.</summary>
    internal static bool CrossedEvent(ushort eventIndex, ushort newIndex, ushort oldIndex) =>
        (ushort)(newIndex - eventIndex - 1) < (ushort)(newIndex - oldIndex);

    private bool TryReadAvailableIndex(out ushort index) =>
        // Acquire semantics: virtio 1.2 section 2.7.13.3 has the driver publish ring entries and descriptors before the index,
        // and nothing that this index covers may be read earlier.
        _memory.TryReadVolatile16(new GuestAddress(_available + IndexOffset), out index) || Fail(GuestFault.RingOutsideMemory);

    private GuestAddress RingEntry(ushort index) => RingEntryAddress(_available + RingOffset, (uint)index & (uint)(Size - 1), 2);

    private static GuestAddress RingEntryAddress(ulong start, uint index, uint entryBytes) => new(start + ((ulong)index * entryBytes));
}
