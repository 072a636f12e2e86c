using System.Runtime.InteropServices;
using MicroVm.Vmm.Interop.Linux;

namespace MicroVm.Vmm.Devices.Virtio.Block;

/// <summary>Disk operations through io_uring: one system call starts a batch, and none is needed to see what has finished.</summary>
internal sealed unsafe class UringDiskEngine : IDiskEngine
{
    /// <summary>Room for the vectors of one batch; the kernel copies them at submission, so a full arena only means to submit early.</summary>
    private const int ArenaVectors = 2 * IDiskEngine.MaxUnderWay;

    private const int BatchSize = 32;

    private readonly IoUring _ring;
    private readonly ushort[] _refused = new ushort[IDiskEngine.MaxUnderWay];
    private IoVec* _arena;
    private int _arenaUsed;
    private int _refusedCount;

    private UringDiskEngine(IoUring ring)
    {
        _ring = ring;
        _arena = (IoVec*)NativeMemory.Alloc(ArenaVectors, (nuint)sizeof(IoVec));
    }

    public int CompletionFd => _ring.Fd;

    /// <summary>Makes the engine; null where the kernel has or allows no io_uring.</summary>
    internal static UringDiskEngine? TryCreate() =>
        IoUring.TryCreate(BatchSize, IDiskEngine.MaxUnderWay) is { } ring ? new UringDiskEngine(ring) : null;

    public void Start(ushort tag, DiskOperation operation, DiskFile disk, ReadOnlySpan<IoVec> vectors, ulong offset)
    {
        if (vectors.Length > ArenaVectors - _arenaUsed || !_ring.HasRoom)
        {
            Submit();
        }

        // SAFETY: a chain has at most MaxUnderWay buffers, so the vectors fit behind what is used of the arena.
        IoVec* copy = _arena + _arenaUsed;
        vectors.CopyTo(new Span<IoVec>(copy, ArenaVectors - _arenaUsed));
        _arenaUsed += vectors.Length;
        bool isFlush = operation == DiskOperation.Flush;
        _ring.Prepare(new IoUringSqe
        {
            Operation = isFlush ? IoUringOperation.Fsync
                : operation == DiskOperation.Read ? IoUringOperation.ReadVectors : IoUringOperation.WriteVectors,
            Fd = disk.Fd,
            Offset = isFlush ? 0 : offset,
            Address = isFlush ? 0 : (ulong)copy,
            Length = isFlush ? 0 : (uint)vectors.Length,
            OperationFlags = isFlush ? IoUring.FsyncDataOnly : 0,
            UserData = tag,
        });
    }

    public void Submit()
    {
        if (_ring.Submit() != 0)
        {
            // The kernel is out of memory for requests. These fail; the guest sees an I/O error for each.
            while (_ring.TryTakeBack(out ulong tag))
            {
                _refused[_refusedCount++] = (ushort)tag;
            }
        }

        _arenaUsed = 0;
    }

    public bool TryTake(out ushort tag, out long result)
    {
        if (_refusedCount > 0)
        {
            tag = _refused[--_refusedCount];
            result = -Errno.OutOfMemory;
            return true;
        }

        bool taken = _ring.TryTake(out IoUringCqe done);
        tag = (ushort)done.UserData;
        result = done.Result;
        return taken;
    }

    public void Wait()
    {
        if (_refusedCount == 0)
        {
            _ring.Wait();
        }
    }

    public void Dispose()
    {
        _ring.Dispose();
        NativeMemory.Free(_arena);
        _arena = null;
    }
}
