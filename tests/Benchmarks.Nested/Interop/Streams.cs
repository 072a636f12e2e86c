using System.Runtime.InteropServices;
using MicroVm.Vmm.Guest.Interop;

namespace MicroVm.Benchmarks.Nested.Interop;

/// <summary>Whole reads and writes on blocking descriptors.</summary>
internal static unsafe class Streams
{
    private const int NoSignal = 0x4000;

    /// <summary>Receives exactly <paramref name="count"/> bytes; false at the end of the stream.</summary>
    internal static bool ReceiveAll(int fd, byte* buffer, int count)
    {
        for (int done = 0; done < count;)
        {
            // SAFETY: the kernel writes at most the rest of the caller's buffer.
            nint got = Libc.recv(fd, buffer + done, (nuint)(count - done), 0);
            if (got <= 0)
            {
                return got == 0 ? false : throw OsFaultException.FromLastError("recv", "stream");
            }

            done += (int)got;
        }

        return true;
    }

    /// <summary>Sends exactly <paramref name="count"/> bytes.</summary>
    internal static void SendAll(int fd, byte* buffer, int count)
    {
        for (int done = 0; done < count;)
        {
            // SAFETY: the kernel reads at most the rest of the caller's buffer.
            nint sent = Libc.send(fd, buffer + done, (nuint)(count - done), NoSignal);
            done += sent > 0 ? (int)sent : throw OsFaultException.FromLastError("send", "stream");
        }
    }

    /// <summary>Receives <paramref name="count"/> bytes through a buffer of <see cref="NestedProtocol.StreamChunkBytes"/>.</summary>
    internal static bool Drain(int fd, byte* buffer, long count)
    {
        while (count > 0)
        {
            // SAFETY: at most the buffer's size.
            nint got = Libc.recv(fd, buffer, (nuint)Math.Min(count, NestedProtocol.StreamChunkBytes), 0);
            if (got <= 0)
            {
                return false;
            }

            count -= got;
        }

        return true;
    }

    /// <summary>Sends <paramref name="count"/> bytes of a buffer of <see cref="NestedProtocol.StreamChunkBytes"/>, again and again.</summary>
    internal static void Fill(int fd, byte* buffer, long count)
    {
        for (; count > 0; count -= NestedProtocol.StreamChunkBytes)
        {
            SendAll(fd, buffer, (int)Math.Min(count, NestedProtocol.StreamChunkBytes));
        }
    }

    /// <summary>Switches off Nagle's algorithm (TCP_NODELAY).</summary>
    internal static void SetNoDelay(int fd)
    {
        int on = 1;
        // SAFETY: the kernel reads four bytes.
        _ = Native.setsockopt(fd, 6, 1, &on, sizeof(int));
    }

    /// <summary>A zeroed buffer that starts on a page; never freed.</summary>
    internal static byte* Buffer(int bytes)
    {
        byte* buffer = (byte*)NativeMemory.AlignedAlloc((nuint)bytes, 4096);
        new Span<byte>(buffer, bytes).Clear();
        return buffer;
    }
}
