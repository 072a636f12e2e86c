using MicroVm.Vmm.Diagnostics;
using MicroVm.Vmm.Interop.Linux;
using MicroVm.Vmm.Memory;

namespace MicroVm.Vmm.Boot.Loaders;

/// <summary>A kernel or initrd file, read straight into guest memory: no copy of it ever exists in this process.</summary>
internal sealed unsafe class BootFile : IDisposable
{
    private const int OpenReadOnlyCloseOnExec = 0x80000;
    private const int SeekEnd = 2;
    private const int ReadAtMost = 1 << 30;

    private readonly int _fd;

    /// <exception cref="VmmFaultException">The file cannot be opened or has no length.</exception>
    internal BootFile(string path)
    {
        Path = path;
        _fd = Libc.open(path, OpenReadOnlyCloseOnExec, 0);
        if (_fd < 0)
        {
            throw Fault("open");
        }

        long length = Libc.lseek(_fd, 0, SeekEnd);
        if (length < 0)
        {
            throw Fault("lseek");
        }

        Length = (ulong)length;
    }

    internal string Path { get; }

    /// <summary>Bytes in the file when it was opened; it may shrink while it is read, which is a fault of its own.</summary>
    internal ulong Length { get; }

    /// <summary>Reads at most the whole span; returns how many bytes there were.</summary>
    internal int Read(ulong offset, Span<byte> destination)
    {
        // SAFETY: pinned while the kernel writes at most its length.
        fixed (byte* buffer = destination)
        {
            return (int)ReadAll(offset, buffer, (ulong)destination.Length);
        }
    }

    /// <summary>Reads exactly <paramref name="length"/> bytes into guest memory; false when that range is not RAM.</summary>
    /// <exception cref="VmmFaultException">The file could not be read or has ended before.</exception>
    internal bool TryReadIntoGuest(ulong offset, GuestMemory memory, GuestAddress address, ulong length)
    {
        byte* destination = memory.TryGetPointer(address, length);
        if (destination == null)
        {
            return false;
        }

        // SAFETY: TryGetPointer proved that length bytes follow.
        ulong read = ReadAll(offset, destination, length);
        return read == length
            ? true
            : throw new VmmFaultException(ExitCode.FileFault, $"{Path}: expected {length} bytes at offset {offset}, found {read}");
    }

    public void Dispose() => _ = Libc.close(_fd);

    private ulong ReadAll(ulong offset, byte* destination, ulong length)
    {
        ulong done = 0;
        while (done < length)
        {
            nint count = Libc.pread(_fd, destination + done, (nuint)Math.Min(length - done, ReadAtMost), (long)(offset + done));
            if (count < 0)
            {
                throw Fault("read");
            }

            if (count == 0)
            {
                break;
            }

            done += (ulong)count;
        }

        return done;
    }

    private VmmFaultException Fault(string call)
    {
        OsFaultException cause = OsFaultException.FromLastError(call, Path);
        return new VmmFaultException(ExitCode.FileFault, cause.Message, cause);
    }
}
