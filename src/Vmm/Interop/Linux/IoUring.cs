using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace MicroVm.Vmm.Interop.Linux;

/// <summary>
/// One io_uring(7). Its descriptor is readable while there is something to take. Not thread-safe; may be used by different threads
/// one after the other. All its pages are resident from the start, so it should be no larger than needed.
/// </summary>
internal sealed unsafe class IoUring : IDisposable
{
    /// <summary>IORING_FSYNC_DATASYNC: fsync as fdatasync(2).</summary>
    internal const uint FsyncDataOnly = 1;

    // The numbers are the same on every architecture.
    private const nint SetupNumber = 425;
    private const nint EnterNumber = 426;
    private const uint EnterGetEvents = 1;
    private const uint SetupCqSize = 0x8;
    private const int ProtReadWrite = 3;
    private const int MapShared = 1;
    private const long SqesOffset = 0x10000000;

    /// <summary>IORING_FEAT_SINGLE_MMAP, _NODROP and _SUBMIT_STABLE (Linux 5.5): one mapping, nothing lost, vectors copied at submission.</summary>
    private const uint NeededFeatures = 0x7;

    private readonly IoUringParams _parameters;
    private readonly nuint _ringBytes;
    private byte* _ring;
    private IoUringSqe* _sqes;
    private uint _tail;

    private IoUring(int fd, in IoUringParams parameters)
    {
        Fd = fd;
        _parameters = parameters;
        _ringBytes = Math.Max(
            parameters.SqArray + (parameters.SqEntries * sizeof(uint)),
            parameters.CqCqes + (parameters.CqEntries * (uint)sizeof(IoUringCqe)));
    }

    internal int Fd { get; private set; }

    /// <summary>True while <see cref="Prepare"/> may be called; otherwise submit first.</summary>
    internal bool HasRoom => Prepared < _parameters.SqEntries;

    /// <summary>Makes a ring; null when the kernel has none, forbids it, or is too old.</summary>
    /// <param name="batch">Most operations prepared between two submissions; a power of two.</param>
    /// <param name="underWay">Most operations under way and not taken; a power of two.</param>
    internal static IoUring? TryCreate(uint batch, uint underWay)
    {
        IoUringParams parameters = new() { Flags = SetupCqSize, CqEntries = underWay };
        // SAFETY: the kernel fills the structure during the call.
        int fd = (int)Libc.io_uring_setup(SetupNumber, batch, &parameters);
        if (fd < 0)
        {
            return null;
        }

        IoUring ring = new(fd, parameters);
        if ((parameters.Features & NeededFeatures) == NeededFeatures && ring.TryMap())
        {
            return ring;
        }

        ring.Dispose();
        return null;
    }

    /// <summary>Adds an operation to what the next <see cref="Submit"/> starts.</summary>
    internal void Prepare(in IoUringSqe operation)
    {
        uint index = _tail & (_parameters.SqEntries - 1);
        // SAFETY: the index is below the number of entries of both arrays, which TryMap mapped whole.
        _sqes[index] = operation;
        *(uint*)(_ring + _parameters.SqArray + (index * sizeof(uint))) = index;
        _tail++;
        Volatile.Write(ref Word(_parameters.SqTail), _tail);
    }

    /// <summary>Starts what was prepared; zero, or the errno that stopped it with some still to be started or taken back.</summary>
    internal int Submit()
    {
        for (uint left = Prepared; left != 0; left = Prepared)
        {
            int errno = Enter(left, 0, 0);
            if (errno is not (0 or Errno.Interrupted))
            {
                return errno;
            }
        }

        return 0;
    }

    /// <summary>Takes back the operation that was prepared last and not started; false when there is none.</summary>
    internal bool TryTakeBack(out ulong userData)
    {
        userData = 0;
        if (Prepared == 0)
        {
            return false;
        }

        _tail--;
        Volatile.Write(ref Word(_parameters.SqTail), _tail);
        // SAFETY: as in Prepare.
        userData = _sqes[_tail & (_parameters.SqEntries - 1)].UserData;
        return true;
    }

    /// <summary>Takes one result; false when there is none.</summary>
    internal bool TryTake(out IoUringCqe done)
    {
        uint head = Word(_parameters.CqHead);
        if (head == Volatile.Read(ref Word(_parameters.CqTail)))
        {
            done = default;
            return false;
        }

        // SAFETY: the index is below the number of entries, and TryMap mapped them all.
        done = ((IoUringCqe*)(_ring + _parameters.CqCqes))[head & (_parameters.CqEntries - 1)];
        Volatile.Write(ref Word(_parameters.CqHead), head + 1);
        return true;
    }

    /// <summary>Waits until there is a result.</summary>
    /// <exception cref="OsFaultException">The kernel refuses to wait.</exception>
    internal void Wait()
    {
        int errno = Enter(0, 1, EnterGetEvents);
        if (errno is not (0 or Errno.Interrupted or Errno.Again))
        {
            throw new OsFaultException("io_uring_enter", null, errno);
        }
    }

    public void Dispose()
    {
        if (Fd < 0)
        {
            return;
        }

        // SAFETY: mappings of this object alone, released once.
        _ = _ring == null ? 0 : Libc.munmap(_ring, _ringBytes);
        _ = _sqes == null ? 0 : Libc.munmap(_sqes, SqesBytes);
        _ = Libc.close(Fd);
        Fd = -1;
    }

    private nuint SqesBytes => _parameters.SqEntries * (nuint)sizeof(IoUringSqe);

    private uint Prepared => _tail - Volatile.Read(ref Word(_parameters.SqHead));

    private bool TryMap()
    {
        // SAFETY: fresh mappings of the ring's own memory, with the sizes that the kernel gave.
        void* ring = Libc.mmap(null, _ringBytes, ProtReadWrite, MapShared, Fd, 0);
        _ring = ring == (void*)-1 ? null : (byte*)ring;
        void* sqes = Libc.mmap(null, SqesBytes, ProtReadWrite, MapShared, Fd, SqesOffset);
        _sqes = sqes == (void*)-1 ? null : (IoUringSqe*)sqes;
        return _ring != null && _sqes != null;
    }

    private int Enter(uint submit, uint waitFor, uint flags) =>
        Libc.io_uring_enter(EnterNumber, Fd, submit, waitFor, flags, null, 0) >= 0 ? 0 : Marshal.GetLastPInvokeError();

    // SAFETY: offsets come from the kernel and lie in the mapping; the words are aligned.
    private ref uint Word(uint offset) => ref Unsafe.AsRef<uint>(_ring + offset);
}
