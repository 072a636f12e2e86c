using System.Runtime.InteropServices;
using MicroVm.Vmm.Devices.Virtio.Queue;
using MicroVm.Vmm.Interop.Linux;

namespace MicroVm.Vmm.Devices.Virtio.Vsock;

/// <summary>
/// What a guest sent and its host peer has not taken yet: a ring of <see cref="CapacityBytes"/>, the credit given to the guest.
/// It takes memory, outside the managed heap, only while something is in it: most peers keep up and never need one.
/// </summary>
internal sealed unsafe class VsockTxBuffer : IDisposable
{
    /// <summary>Most bytes that wait for one peer.</summary>
    internal const uint CapacityBytes = 64 * 1024;

    private byte* _storage;
    private uint _start;

    /// <summary>Bytes waiting.</summary>
    internal uint Count { get; private set; }

    /// <summary>Takes <paramref name="length"/> readable bytes of a chain; false when they do not fit.</summary>
    internal bool TryAppend(ChainBuffers buffers, uint offset, uint length)
    {
        if (length > CapacityBytes - Count)
        {
            return false;
        }

        if (length == 0)
        {
            return true;
        }

        if (_storage == null)
        {
            _storage = (byte*)NativeMemory.Alloc(CapacityBytes);
        }

        uint end = (_start + Count) % CapacityBytes;
        uint first = Math.Min(length, CapacityBytes - end);

        // SAFETY: both spans lie inside the ring: first ends at its end at most, and the rest is shorter than Count's free space.
        bool copied = buffers.TryCopyFrom(offset, new Span<byte>(_storage + end, (int)first))
            && buffers.TryCopyFrom(offset + first, new Span<byte>(_storage, (int)(length - first)));
        Count += copied ? length : 0;
        return copied;
    }

    /// <summary>Sends what the socket takes; the bytes sent, or a negative errno other than EAGAIN.</summary>
    internal int Drain(int fd)
    {
        int total = 0;
        while (Count != 0)
        {
            // SAFETY: the span ends at the end of the ring or of its content.
            int sent = UnixSocket.Send(fd, new ReadOnlySpan<byte>(_storage + _start, (int)Math.Min(Count, CapacityBytes - _start)));
            if (sent == -Errno.Interrupted)
            {
                continue;
            }

            if (sent <= 0)
            {
                return sent is 0 or -Errno.Again ? total : sent;
            }

            _start = (_start + (uint)sent) % CapacityBytes;
            Count -= (uint)sent;
            total += sent;
        }

        Dispose();
        return total;
    }

    public void Dispose()
    {
        NativeMemory.Free(_storage);
        _storage = null;
        _start = 0;
        Count = 0;
    }
}
