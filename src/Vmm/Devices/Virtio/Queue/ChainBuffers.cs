using MicroVm.Vmm.Interop.Linux;

namespace MicroVm.Vmm.Devices.Virtio.Queue;

/// <summary>
/// The buffers of one chain as two byte sequences: first what the device reads, then what it writes. Requests are laid over
/// the sequences, not over descriptors, because virtio 1.2 section 2.7.4.1 forbids assumptions about framing.
/// Made once per device and refilled for each chain.
/// </summary>
internal sealed unsafe class ChainBuffers(int maxBuffers)
{
    private readonly IoVec[] _vectors = new IoVec[maxBuffers];
    private readonly IoVec[] _slice = new IoVec[maxBuffers];
    private int _readableCount;
    private int _count;

    /// <summary>Bytes the device may read.</summary>
    internal uint ReadableBytes { get; private set; }

    /// <summary>Bytes the device may write.</summary>
    internal uint WritableBytes { get; private set; }

    /// <summary>Walks the chain to its end; what is wrong with it otherwise.</summary>
    internal GuestFault Fill(ref DescriptorChain chain)
    {
        _count = 0;
        _readableCount = 0;
        ReadableBytes = 0;
        WritableBytes = 0;
        while (chain.TryNext(out DescriptorBuffer buffer))
        {
            if (buffer.Length != 0)
            {
                Append(buffer);
            }
        }

        return chain.Fault;
    }

    /// <summary>Copies bytes out of the readable part; false when it has fewer.</summary>
    internal bool TryCopyFrom(uint offset, Span<byte> destination)
    {
        if ((ulong)offset + (uint)destination.Length > ReadableBytes)
        {
            return false;
        }

        ReadOnlySpan<IoVec> slice = SliceReadable(offset, (uint)destination.Length);
        foreach (ref readonly IoVec vector in slice)
        {
            // SAFETY: Append took vectors that the chain walk proved to be RAM; SliceReadable only shortens them.
            new ReadOnlySpan<byte>(vector.Base, (int)vector.Length).CopyTo(destination);
            destination = destination[(int)vector.Length..];
        }

        return true;
    }

    /// <summary>Copies bytes into the writable part; false when it has less room.</summary>
    internal bool TryCopyTo(uint offset, ReadOnlySpan<byte> source)
    {
        if ((ulong)offset + (uint)source.Length > WritableBytes)
        {
            return false;
        }

        ReadOnlySpan<IoVec> slice = SliceWritable(offset, (uint)source.Length);
        foreach (ref readonly IoVec vector in slice)
        {
            // SAFETY: as in TryCopyFrom, and the walk proved the buffer to be device-writable.
            source[..(int)vector.Length].CopyTo(new Span<byte>(vector.Base, (int)vector.Length));
            source = source[(int)vector.Length..];
        }

        return true;
    }

    /// <summary>The vectors of a part of the readable bytes. Overwritten by the next slice.</summary>
    internal Span<IoVec> SliceReadable(uint offset, uint length)
    {
        System.Diagnostics.Debug.Assert((ulong)offset + length <= ReadableBytes);
        return Slice(_vectors.AsSpan(0, _readableCount), offset, length);
    }

    /// <summary>The vectors of a part of the writable bytes. Overwritten by the next slice.</summary>
    internal Span<IoVec> SliceWritable(uint offset, uint length)
    {
        System.Diagnostics.Debug.Assert((ulong)offset + length <= WritableBytes);
        return Slice(_vectors.AsSpan(_readableCount, _count - _readableCount), offset, length);
    }

    /// <summary>What is left of <paramref name="vectors"/> after <paramref name="bytes"/> of them were transferred; changes the first one left.</summary>
    internal static Span<IoVec> Advance(Span<IoVec> vectors, nuint bytes)
    {
        while (!vectors.IsEmpty && bytes >= vectors[0].Length)
        {
            bytes -= vectors[0].Length;
            vectors = vectors[1..];
        }

        if (bytes != 0)
        {
            // SAFETY: bytes is less than the length of this vector, so the result stays inside its buffer.
            vectors[0].Base = (byte*)vectors[0].Base + bytes;
            vectors[0].Length -= bytes;
        }

        return vectors;
    }

    private void Append(in DescriptorBuffer buffer)
    {
        // The chain's time-to-live is the queue size, which is at most maxBuffers: the index is in range.
        _vectors[_count++] = new IoVec { Base = buffer.Pointer, Length = buffer.Length };
        if (buffer.IsWritable)
        {
            WritableBytes += buffer.Length;
        }
        else
        {
            ReadableBytes += buffer.Length;
            _readableCount = _count;
        }
    }

    private Span<IoVec> Slice(ReadOnlySpan<IoVec> vectors, uint offset, uint length)
    {
        int used = 0;
        foreach (ref readonly IoVec vector in vectors)
        {
            if (length == 0)
            {
                break;
            }

            uint size = (uint)vector.Length;
            if (offset >= size)
            {
                offset -= size;
                continue;
            }

            uint taken = Math.Min(size - offset, length);
            // SAFETY: offset < size, so the result points into the same checked buffer.
            _slice[used++] = new IoVec { Base = (byte*)vector.Base + offset, Length = taken };
            length -= taken;
            offset = 0;
        }

        return _slice.AsSpan(0, used);
    }
}
