using MicroVm.Vmm.Interop.Linux;

namespace MicroVm.Vmm.Devices.Virtio.Block;

/// <summary>
/// Moves data between a file and guest memory while its owner goes on. Calls come from one thread at a time; a tag is under way from
/// <see cref="Start"/> until <see cref="TryTake"/> gives it back, and guest memory is not touched for it afterwards.
/// </summary>
internal interface IDiskEngine : IDisposable
{
    /// <summary>Most operations that may be under way; tags are below it.</summary>
    const int MaxUnderWay = 256;

    /// <summary>Readable while <see cref="TryTake"/> may have something.</summary>
    int CompletionFd { get; }

    /// <summary>Takes on one operation. The vectors are copied; the memory behind them is not.</summary>
    void Start(ushort tag, DiskOperation operation, DiskFile disk, ReadOnlySpan<IoVec> vectors, ulong offset);

    /// <summary>Gets going what was taken on since the last call.</summary>
    void Submit();

    /// <summary>Takes one finished operation: the bytes moved, or a negative errno.</summary>
    bool TryTake(out ushort tag, out long result);

    /// <summary>Waits until an operation has finished; one must be under way, and submitted.</summary>
    void Wait();
}
