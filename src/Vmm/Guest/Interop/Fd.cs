using System.Runtime.InteropServices;

namespace MicroVm.Vmm.Guest.Interop;

/// <summary>Descriptors without streams: flags of <c>&lt;fcntl.h&gt;</c> (x86_64 and aarch64 agree on those used) and whole-file reads and writes.</summary>
internal static unsafe class Fd
{
    internal const int ReadOnly = 0;
    internal const int WriteOnly = 1;
    internal const int ReadWrite = 2;
    internal const int Create = 0x40;
    internal const int Exclusive = 0x80;
    internal const int Truncate = 0x200;
    internal const int NoControllingTty = 0x100;
    internal const int NonBlock = 0x800;
    internal const int CloseOnExec = 0x80000;

    /// <summary>What <see cref="Read"/> and a socket's receive answer when nothing is there yet.</summary>
    internal const int WouldBlock = -1;

    /// <summary>Opens with close-on-exec; throws on failure.</summary>
    internal static int Open(string path, int flags) =>
        OsFaultException.Check(Libc.open(path, flags | CloseOnExec, 0x1A4), "open", path);

    /// <summary>Reads what is there: 0 at the end, <see cref="WouldBlock"/> when nothing is there yet.</summary>
    internal static int Read(int fd, Span<byte> buffer, string subject)
    {
        while (true)
        {
            nint count;
            // SAFETY: the kernel writes at most buffer.Length bytes into the pinned span.
            fixed (byte* start = buffer)
            {
                count = Libc.read(fd, start, (nuint)buffer.Length);
            }

            if (count >= 0)
            {
                return (int)count;
            }

            switch (Marshal.GetLastPInvokeError())
            {
                case Errno.Interrupted: continue;
                case Errno.TryAgain: return WouldBlock;
                default: throw OsFaultException.FromLastError("read", subject);
            }
        }
    }

    /// <summary>Writes some of the bytes and says how many.</summary>
    internal static int Write(int fd, ReadOnlySpan<byte> bytes, string subject)
    {
        // SAFETY: the kernel reads at most bytes.Length bytes of the pinned span.
        fixed (byte* start = bytes)
        {
            return OsFaultException.Check((int)Libc.write(fd, start, (nuint)bytes.Length), "write", subject);
        }
    }

    /// <summary>Writes once; what does not fit is left out. For consoles and status pipes, where nothing better can be done.</summary>
    internal static void WriteOnce(int fd, ReadOnlySpan<byte> bytes)
    {
        // SAFETY: the kernel reads at most bytes.Length bytes of the pinned span.
        fixed (byte* start = bytes)
        {
            _ = Libc.write(fd, start, (nuint)bytes.Length);
        }
    }

    /// <summary>A whole file of at most <paramref name="limit"/> bytes; null when it does not exist.</summary>
    internal static byte[]? ReadFile(string path, int limit)
    {
        int fd = Libc.open(path, ReadOnly | CloseOnExec, 0);
        if (fd < 0)
        {
            return Marshal.GetLastPInvokeError() == Errno.NoEntry ? null : throw OsFaultException.FromLastError("open", path);
        }

        byte[] bytes = new byte[4096];
        int length = 0;
        try
        {
            for (int count; (count = Read(fd, bytes.AsSpan(length), path)) > 0;)
            {
                length += count;
                if (length > limit)
                {
                    throw new InvalidDataException($"{path}: expected at most {limit} bytes, found more");
                }

                if (length == bytes.Length)
                {
                    Array.Resize(ref bytes, 2 * length);
                }
            }
        }
        finally
        {
            _ = Libc.close(fd);
        }

        return bytes[..length];
    }

    /// <summary>Replaces a file's content.</summary>
    internal static void WriteFile(string path, ReadOnlySpan<byte> content)
    {
        int fd = Open(path, WriteOnly | Create | Truncate);
        WriteOnce(fd, content);
        _ = Libc.close(fd);
    }
}
