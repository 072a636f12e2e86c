using System.Runtime.InteropServices;
using MicroVm.Vmm.Devices.Virtio.Queue;
using MicroVm.Vmm.Interop.Linux;

namespace MicroVm.Vmm.Devices.Virtio.Block;

/// <summary>The raw file or block device behind a drive. Reads and writes go straight between file and guest memory.</summary>
internal sealed unsafe class DiskFile : IDisposable
{
    private const int OpenReadWrite = 2;
    private const int OpenCloseOnExec = 0x80000;
    private const int SeekEnd = 2;

    private int _fd;

    /// <summary>Opens <paramref name="path"/>.</summary>
    /// <exception cref="OsFaultException">The file cannot be opened or read.</exception>
    internal DiskFile(string path, bool readOnly)
    {
        _fd = Libc.open(path, OpenCloseOnExec | (readOnly ? 0 : OpenReadWrite), 0);
        if (_fd < 0)
        {
            throw OsFaultException.FromLastError("open", path);
        }

        long size = Libc.lseek(_fd, 0, SeekEnd);
        byte probe;

        // SAFETY: one byte of the stack. A directory opens and seeks but does not read, so it is refused here and not at run time.
        if (size < 0 || Libc.pread(_fd, &probe, 1, 0) < 0)
        {
            OsFaultException fault = OsFaultException.FromLastError(size < 0 ? "lseek" : "pread", path);
            Dispose();
            throw fault;
        }

        Sectors = (ulong)size / BlockRequest.SectorBytes;
    }

    internal int Fd => _fd;

    /// <summary>Whole sectors of 512 bytes; bytes behind the last whole sector are out of the guest's reach.</summary>
    internal ulong Sectors { get; }

    /// <summary>Fills the vectors from <paramref name="offset"/>; false when the file ends early or the call fails. Consumes the vectors.</summary>
    internal bool TryRead(Span<IoVec> vectors, long offset) => TryTransfer(vectors, offset, write: false);

    /// <summary>Writes the vectors at <paramref name="offset"/>; false when the call fails. Consumes the vectors.</summary>
    internal bool TryWrite(Span<IoVec> vectors, long offset) => TryTransfer(vectors, offset, write: true);

    /// <summary>Makes what was written durable (fdatasync(2)).</summary>
    internal bool TryFlush() => Libc.fdatasync(_fd) == 0;

    public void Dispose()
    {
        if (_fd >= 0)
        {
            _ = Libc.close(_fd);
            _fd = -1;
        }
    }

    private bool TryTransfer(Span<IoVec> vectors, long offset, bool write)
    {
        while (!vectors.IsEmpty)
        {
            nint done;
            fixed (IoVec* first = vectors)
            {
                // SAFETY: every vector is guest RAM, proven when the chain was walked.
                done = write
                    ? Libc.pwritev(_fd, first, vectors.Length, offset)
                    : Libc.preadv(_fd, first, vectors.Length, offset);
            }

            if (done < 0 && Marshal.GetLastPInvokeError() == Errno.Interrupted)
            {
                continue;
            }

            if (done <= 0)
            {
                return false;
            }

            offset += done;
            vectors = ChainBuffers.Advance(vectors, (nuint)done);
        }

        return true;
    }
}
