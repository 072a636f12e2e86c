using System.Diagnostics;
using System.Runtime.InteropServices;
using MicroVm.Vmm.Devices.Virtio.Queue;
using MicroVm.Vmm.Interop.Linux;

namespace MicroVm.Vmm.Devices.Virtio.Net;

/// <summary>
/// Receive chains taken from the guest and not yet filled, in order. They are walked once and kept, because a packet's size is
/// known only after it was read: enough of them for the largest packet are lined up, and most stay for the next one.
/// Made once per device; allocates nothing afterwards.
/// </summary>
internal sealed unsafe class ReceiveBuffers(int queueSize)
{
    private readonly HeldChain[] _chains = new HeldChain[queueSize];

    /// <summary>Two chains of the greatest length, and a place for the vector that catches what does not fit.</summary>
    private readonly IoVec[] _vectors = new IoVec[(2 * queueSize) + 1];

    private int _firstChain;
    private int _firstVector;
    private int _vectorEnd;

    /// <summary>Chains held.</summary>
    internal int Count { get; private set; }

    /// <summary>Bytes they take.</summary>
    internal ulong Bytes { get; private set; }

    /// <summary>Buffers they have together.</summary>
    internal int VectorCount => _vectorEnd - _firstVector;

    /// <summary>True when a further chain can be held, however many buffers it has.</summary>
    internal bool HasRoom => Count < queueSize && VectorCount <= queueSize;

    /// <summary>Forgets all chains.</summary>
    internal void Clear()
    {
        Count = 0;
        Bytes = 0;
        _firstVector = 0;
        _vectorEnd = 0;
    }

    /// <summary>Walks a chain and keeps its writable buffers; needs <see cref="HasRoom"/>. What is wrong with it otherwise.</summary>
    internal GuestFault Hold(ref DescriptorChain chain)
    {
        Debug.Assert(HasRoom);
        MakeRoom();
        int start = _vectorEnd;
        uint bytes = 0;
        while (chain.TryNext(out DescriptorBuffer buffer))
        {
            if (buffer.IsWritable && buffer.Length != 0)
            {
                _vectors[_vectorEnd++] = new IoVec { Base = buffer.Pointer, Length = buffer.Length };
                bytes += buffer.Length;
            }
        }

        if (chain.Fault != GuestFault.None)
        {
            return chain.Fault;
        }

        if (bytes < NetHeader.SizeBytes)
        {
            return GuestFault.NoRoomForReply;
        }

        ChainAt(Count++) = new HeldChain(chain.Head, (ushort)(_vectorEnd - start), bytes);
        Bytes += bytes;
        return GuestFault.None;
    }

    /// <summary>
    /// Reads a packet into as many chains as <paramref name="needed"/> bytes take, one when not <paramref name="mergeable"/>.
    /// <paramref name="fits"/> is false when the packet was larger than they are. Returns its length or a negative errno.
    /// </summary>
    internal int Read(IPacketSource source, uint needed, bool mergeable, out bool fits)
    {
        int end = _firstVector;
        uint room = 0;
        int limit = mergeable ? _vectorEnd : _firstVector + ChainAt(0).VectorCount;
        while (end < limit && room < needed)
        {
            room += (uint)Math.Min(_vectors[end++].Length, int.MaxValue);
        }

        byte overflow;
        IoVec displaced = _vectors[end];

        // SAFETY: the vector with the stack byte is in the array during the call alone.
        _vectors[end] = new IoVec { Base = &overflow, Length = 1 };
        int length = source.Receive(_vectors.AsSpan(_firstVector, end - _firstVector + 1));
        _vectors[end] = displaced;
        fits = length <= room;
        return length;
    }

    /// <summary>Returns the chains that a packet of <paramref name="length"/> bytes fills, all at once.</summary>
    internal void Deliver(Virtqueue queue, uint length)
    {
        WriteBufferCount(CountChains(length));
        while (length != 0)
        {
            HeldChain chain = ChainAt(0);
            uint written = Math.Min(length, chain.Bytes);
            queue.Stage(chain.Head, written);
            length -= written;
            Bytes -= chain.Bytes;
            _firstVector += chain.VectorCount;
            _firstChain = (_firstChain + 1) % queueSize;
            Count--;
        }

        // A driver that sees the first of several buffers expects the others to be there (section 5.1.6.4).
        queue.Publish();
    }

    private ushort CountChains(uint length)
    {
        ushort count = 0;
        for (uint covered = 0; covered < length; count++)
        {
            covered += Math.Min(ChainAt(count).Bytes, length);
        }

        return count;
    }

    private void WriteBufferCount(ushort count)
    {
        ReadOnlySpan<byte> bytes = MemoryMarshal.AsBytes(new ReadOnlySpan<ushort>(in count));
        nuint offset = NetHeader.BufferCountOffset;
        for (int i = _firstVector; !bytes.IsEmpty; i++)
        {
            IoVec vector = _vectors[i];
            for (; offset < vector.Length && !bytes.IsEmpty; offset++)
            {
                // SAFETY: the offset is inside the vector, which is guest RAM; Hold made sure that the chain has a header's bytes.
                ((byte*)vector.Base)[offset] = bytes[0];
                bytes = bytes[1..];
            }

            offset -= Math.Min(offset, vector.Length);
        }
    }

    private void MakeRoom()
    {
        if (_vectorEnd > queueSize)
        {
            _vectors.AsSpan(_firstVector, VectorCount).CopyTo(_vectors);
            _vectorEnd -= _firstVector;
            _firstVector = 0;
        }
    }

    private ref HeldChain ChainAt(int index) => ref _chains[(_firstChain + index) % queueSize];

    private readonly record struct HeldChain(ushort Head, ushort VectorCount, uint Bytes);
}
