using MicroVm.Vmm.Devices.Virtio.Block;
using MicroVm.Vmm.Interop.Linux;

namespace MicroVm.Vmm.Tests.Virtio;

/// <summary>An engine that finishes nothing until it is told to, or until somebody waits for it.</summary>
internal sealed class HeldDiskEngine : IDiskEngine
{
    private readonly EventFd _completed = new();
    private readonly List<(ushort Tag, Func<bool> Execute, long Bytes)> _held = [];
    private readonly Queue<(ushort Tag, long Result)> _finished = new();

    public int CompletionFd => _completed.Fd;

    internal int HeldCount => _held.Count;

    internal int Waits { get; private set; }

    public void Start(ushort tag, DiskOperation operation, DiskFile disk, ReadOnlySpan<IoVec> vectors, ulong offset)
    {
        IoVec[] copy = vectors.ToArray();
        Func<bool> execute = operation switch
        {
            DiskOperation.Read => () => disk.TryRead(copy, (long)offset),
            DiskOperation.Write => () => disk.TryWrite(copy, (long)offset),
            _ => disk.TryFlush,
        };
        _held.Add((tag, execute, copy.Sum(v => (long)v.Length)));
    }

    public void Submit()
    {
        // Held until Release.
    }

    public bool TryTake(out ushort tag, out long result)
    {
        _completed.TryConsume();
        bool taken = _finished.TryDequeue(out (ushort Tag, long Result) done);
        (tag, result) = done;
        return taken;
    }

    public void Wait()
    {
        Waits++;
        Release();
    }

    internal void Release()
    {
        foreach ((ushort tag, Func<bool> execute, long bytes) in _held)
        {
            _finished.Enqueue((tag, execute() ? bytes : -5));
        }

        _held.Clear();
        _completed.Signal();
    }

    public void Dispose() => _completed.Dispose();
}
