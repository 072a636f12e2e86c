namespace MicroVm.Vmm.KvmTests.Guests;

/// <summary>One split queue as a tiny guest lays it out: everything is known when the guest is assembled.</summary>
internal sealed class GuestVirtioQueue(GuestProgram program, uint window, uint index, uint memory)
{
    internal const ushort Size = 16;
    internal const ushort FlagNext = 1;
    internal const ushort FlagWrite = 2;

    private const uint QueueNotify = 0x50;
    private ushort _availableIndex;
    private ushort _nextDescriptor;

    internal uint Descriptors => memory;

    internal uint Available => memory + 0x400;

    internal uint Used => memory + 0x800;

    /// <summary>Address of the used ring's index.</summary>
    internal uint UsedIndex => Used + 2;

    /// <summary>Makes a chain of buffers available, without ringing the doorbell.</summary>
    internal GuestVirtioQueue Offer(params ReadOnlySpan<GuestBuffer> buffers)
    {
        ushort head = _nextDescriptor;
        for (int i = 0; i < buffers.Length; i++)
        {
            uint descriptor = Descriptors + ((uint)_nextDescriptor * 16);
            bool last = i == buffers.Length - 1;
            program.Store64(descriptor, buffers[i].Address);
            program.Store32(descriptor + 8, buffers[i].Length);
            program.Store16(descriptor + 12, (ushort)((last ? 0 : FlagNext) | (buffers[i].Writable ? FlagWrite : 0)));
            _nextDescriptor = (ushort)((_nextDescriptor + 1) % Size);
            program.Store16(descriptor + 14, _nextDescriptor);
        }

        program.Store16(Available + 4 + ((uint)(_availableIndex % Size) * 2), head);
        program.Store16(Available + 2, ++_availableIndex);
        return this;
    }

    /// <summary>Sets the available index, whatever is in the ring.</summary>
    internal GuestVirtioQueue SetAvailableIndex(ushort index)
    {
        program.Store16(Available + 2, index);
        return this;
    }

    /// <summary>Sets the used index, for a device that starts anew.</summary>
    internal GuestVirtioQueue SetUsedIndex(ushort index)
    {
        program.Store16(UsedIndex, index);
        return this;
    }

    /// <summary>Rings the doorbell.</summary>
    internal GuestVirtioQueue Ring()
    {
        program.Store32(window + QueueNotify, index);
        return this;
    }

    /// <summary>Spins until everything offered so far was used.</summary>
    internal GuestVirtioQueue WaitForAll()
    {
        program.WaitUntil16(UsedIndex, _availableIndex);
        return this;
    }
}
