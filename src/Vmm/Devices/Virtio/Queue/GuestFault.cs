namespace MicroVm.Vmm.Devices.Virtio.Queue;

/// <summary>
/// What a guest did that the virtio specification forbids. A guest fault is a value, never an exception:
/// the device that meets one goes to NEEDS_RESET, a counter rises, and the process lives on.
/// </summary>
internal enum GuestFault
{
    /// <summary>Nothing is wrong.</summary>
    None,

    /// <summary>DRIVER_OK was set while a queue of the device was not ready.</summary>
    QueueNotReady,

    /// <summary>Queue size 0, not a power of two, or above the device's maximum.</summary>
    QueueSize,

    /// <summary>A ring address without the alignment of virtio 1.2 section 2.7.</summary>
    RingMisaligned,

    /// <summary>A ring that is not wholly inside one region of guest RAM.</summary>
    RingOutsideMemory,

    /// <summary>avail.idx is further ahead than the queue has entries.</summary>
    AvailableIndexJump,

    /// <summary>A head or a next field names a descriptor that the table does not have.</summary>
    DescriptorIndex,

    /// <summary>A head was made available again before it was returned.</summary>
    HeadInFlight,

    /// <summary>A chain with more descriptors than the queue has entries, for example one that loops.</summary>
    ChainTooLong,

    /// <summary>A chain that describes 2^32 bytes or more.</summary>
    ChainTooLarge,

    /// <summary>A buffer that is not wholly inside one region of guest RAM, or whose end wraps.</summary>
    BufferOutsideMemory,

    /// <summary>A device-readable descriptor behind a device-writable one (virtio 1.2 section 2.7.4.2).</summary>
    ReadableAfterWritable,

    /// <summary>An indirect descriptor that was not negotiated, that nests, that has a next, or whose table is empty, ragged or outside RAM.</summary>
    IndirectTable,

    /// <summary>A request without room for the reply that its device type always writes.</summary>
    NoRoomForReply,
}
