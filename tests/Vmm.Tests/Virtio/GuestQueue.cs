using MicroVm.Vmm.Devices.Virtio.Queue;
using MicroVm.Vmm.Memory;

namespace MicroVm.Vmm.Tests.Virtio;

/// <summary>The driver's side of a split queue: writes descriptors and the available ring, reads the used ring, checks nothing.</summary>
internal sealed class GuestQueue(GuestMemory memory, ulong start, ushort size)
{
    private ushort _available;
    private ushort _seenUsed;

    internal ushort Size { get; } = size;

    internal ulong DescriptorTable => start;

    internal ulong AvailableRing => start + 0x4000;

    internal ulong UsedRing => start + 0x8000;

    internal ushort UsedIndex => Read16(UsedRing + 2);

    internal ushort UsedFlags => Read16(UsedRing);

    internal void SetDescriptor(uint index, ulong address, uint length, ushort flags = 0, ushort next = 0) =>
        SetDescriptorAt(DescriptorTable, index, address, length, flags, next);

    internal void SetDescriptorAt(ulong table, uint index, ulong address, uint length, ushort flags = 0, ushort next = 0) =>
        Assert.True(memory.TryWrite(
            new GuestAddress(table + (index * 16)),
            new Descriptor { Address = address, Length = length, Flags = flags, Next = next }));

    /// <summary>Writes a chain from descriptor <paramref name="first"/> on and makes it available.</summary>
    internal void Offer(uint first, params (ulong Address, uint Length, bool Writable)[] buffers)
    {
        SetChain(first, buffers);
        MakeAvailable((ushort)first);
    }

    internal void SetChain(uint first, params (ulong Address, uint Length, bool Writable)[] buffers)
    {
        for (uint i = 0; i < buffers.Length; i++)
        {
            bool last = i == buffers.Length - 1;
            ushort flags = (ushort)((buffers[i].Writable ? Descriptor.FlagWrite : 0) | (last ? 0 : Descriptor.FlagNext));
            SetDescriptor(first + i, buffers[i].Address, buffers[i].Length, flags, (ushort)(first + i + 1));
        }
    }

    internal void MakeAvailable(ushort head)
    {
        Write16(AvailableRing + 4 + ((ulong)(_available % Size) * 2), head);
        SetAvailableIndex((ushort)(_available + 1));
    }

    internal void SetAvailableIndex(ushort index)
    {
        _available = index;
        Write16(AvailableRing + 2, index);
    }

    internal void SetAvailableFlags(ushort flags) => Write16(AvailableRing, flags);

    internal void SetUsedEvent(ushort index) => Write16(AvailableRing + 4 + ((ulong)Size * 2), index);

    internal ushort AvailableEvent => Read16(UsedRing + 4 + ((ulong)Size * 8));

    /// <summary>The next returned chain, or null.</summary>
    internal UsedElement? TakeUsed()
    {
        if (UsedIndex == _seenUsed)
        {
            return null;
        }

        Assert.True(memory.TryRead(new GuestAddress(UsedRing + 4 + ((ulong)(_seenUsed % Size) * 8)), out UsedElement element));
        _seenUsed++;
        return element;
    }

    private ushort Read16(ulong address)
    {
        Assert.True(memory.TryReadVolatile16(new GuestAddress(address), out ushort value));
        return value;
    }

    private void Write16(ulong address, ushort value) => Assert.True(memory.TryWriteVolatile16(new GuestAddress(address), value));
}
