namespace MicroVm.Vmm.Devices.Virtio.Queue;

/// <summary>One buffer of a chain, proven to be guest RAM.</summary>
// SAFETY: the pointer comes from GuestMemory.TryGetPointer for exactly this length, and a ref struct outlives no call.
internal readonly unsafe ref struct DescriptorBuffer(byte* pointer, uint length, bool isWritable)
{
    /// <summary>Host address; <see cref="Length"/> bytes follow. The guest may rewrite them at any time.</summary>
    internal byte* Pointer { get; } = pointer;

    /// <summary>Bytes of the buffer; may be 0.</summary>
    internal uint Length { get; } = length;

    /// <summary>True when the device may write (and must not read) the buffer.</summary>
    internal bool IsWritable { get; } = isWritable;
}
