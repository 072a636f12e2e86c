using MicroVm.Vmm.Memory;

namespace MicroVm.Vmm.Devices.Virtio.Queue;

/// <summary>
/// A walk over one descriptor chain. Each descriptor is copied once and its buffer checked once; the walk ends at the chain's
/// end or at the first fault. A time-to-live of one queue's worth of descriptors (virtio 1.2 section 2.7.5.1 forbids longer
/// chains, indirect ones included) ends loops, and the total length stays below 2^32 (same section).
/// </summary>
// SAFETY: no pointer is made here but by GuestMemory.TryGetPointer, for the range that the copied descriptor names.
internal unsafe ref struct DescriptorChain
{
    private readonly GuestMemory _memory;
    private readonly bool _indirectNegotiated;
    private ulong _table;
    private uint _tableSize;
    private uint _timeToLive;
    private uint _next;
    private ulong _totalBytes;
    private bool _inIndirectTable;
    private bool _writableSeen;
    private bool _ended;

    internal DescriptorChain(GuestMemory memory, ulong table, ushort queueSize, ushort head, bool indirectNegotiated)
    {
        _memory = memory;
        _table = table;
        _tableSize = queueSize;
        _timeToLive = queueSize;
        _next = head;
        _indirectNegotiated = indirectNegotiated;
        Head = head;
    }

    /// <summary>Index of the first descriptor, which names the chain in the used ring.</summary>
    internal ushort Head { get; }

    /// <summary>Why the walk ended early; <see cref="GuestFault.None"/> while all is well.</summary>
    internal GuestFault Fault { get; private set; }

    /// <summary>Moves to the next buffer; false at the end of the chain and at a fault.</summary>
    internal bool TryNext(out DescriptorBuffer buffer)
    {
        buffer = default;
        if (_ended || !TryReadDescriptor(out Descriptor descriptor))
        {
            return false;
        }

        if (descriptor.IsIndirect && (!TryEnterTable(descriptor) || !TryReadDescriptor(out descriptor)))
        {
            return false;
        }

        return descriptor.IsIndirect ? Fail(GuestFault.IndirectTable) : TryAccept(descriptor, out buffer);
    }

    private bool TryReadDescriptor(out Descriptor descriptor)
    {
        descriptor = default;
        if (_timeToLive == 0)
        {
            return Fail(GuestFault.ChainTooLong);
        }

        _timeToLive--;
        if (_next >= _tableSize)
        {
            return Fail(GuestFault.DescriptorIndex);
        }

        // One copy: the guest may rewrite the table while the walk goes on, and everything below acts on the copy.
        return _memory.TryRead(new GuestAddress(_table + ((ulong)_next * Descriptor.SizeBytes)), out descriptor)
            || Fail(GuestFault.RingOutsideMemory);
    }

    /// <summary>Follows an indirect descriptor (virtio 1.2 section 2.7.5.3): not nested, without next, a whole number of descriptors.</summary>
    private bool TryEnterTable(in Descriptor descriptor)
    {
        bool wellFormed = _indirectNegotiated
            && !_inIndirectTable
            && !descriptor.HasNext
            && descriptor.Length != 0
            && descriptor.Length % Descriptor.SizeBytes == 0
            && _memory.Contains(new GuestAddress(descriptor.Address), descriptor.Length);
        if (!wellFormed)
        {
            return Fail(GuestFault.IndirectTable);
        }

        _inIndirectTable = true;
        _table = descriptor.Address;
        _tableSize = descriptor.Length / Descriptor.SizeBytes;
        _next = 0;

        // The descriptor that refers to the table carries no buffer and takes nothing of the chain's length.
        _timeToLive++;
        return true;
    }

    private bool TryAccept(scoped in Descriptor descriptor, out DescriptorBuffer buffer)
    {
        buffer = default;
        byte* pointer = null;
        _totalBytes += descriptor.Length;
        if (_totalBytes > uint.MaxValue)
        {
            return Fail(GuestFault.ChainTooLarge);
        }

        if (descriptor.Length != 0)
        {
            pointer = _memory.TryGetPointer(new GuestAddress(descriptor.Address), descriptor.Length);
            if (pointer == null)
            {
                return Fail(GuestFault.BufferOutsideMemory);
            }
        }

        if (_writableSeen && !descriptor.IsWritable)
        {
            return Fail(GuestFault.ReadableAfterWritable);
        }

        _writableSeen |= descriptor.IsWritable;
        _next = descriptor.Next;
        _ended = !descriptor.HasNext;
        buffer = new DescriptorBuffer(pointer, descriptor.Length, descriptor.IsWritable);
        return true;
    }

    private bool Fail(GuestFault fault)
    {
        Fault = fault;
        _ended = true;
        return false;
    }
}
