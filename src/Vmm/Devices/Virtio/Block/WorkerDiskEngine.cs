using MicroVm.Vmm.Interop.Linux;

namespace MicroVm.Vmm.Devices.Virtio.Block;

/// <summary>
/// Disk operations on one thread, for hosts without io_uring. The thread is made when the first operation comes; what is remembered
/// per tag grows to the largest request that had it.
/// </summary>
internal sealed class WorkerDiskEngine : IDiskEngine
{
    private const int StackSizeBytes = 128 * 1024;
    private const int InputOutputError = 5;

    private readonly object _lock = new();
    private readonly EventFd _completed = new();
    private readonly Job[] _jobs = new Job[IDiskEngine.MaxUnderWay];
    private readonly Queue<ushort> _waiting = new(IDiskEngine.MaxUnderWay);
    private readonly Queue<ushort> _finished = new(IDiskEngine.MaxUnderWay);
    private Thread? _thread;
    private bool _ends;

    public int CompletionFd => _completed.Fd;

    public void Start(ushort tag, DiskOperation operation, DiskFile disk, ReadOnlySpan<IoVec> vectors, ulong offset)
    {
        ref Job job = ref _jobs[tag];
        if (job.Vectors is null || job.Vectors.Length < vectors.Length)
        {
            job.Vectors = new IoVec[vectors.Length];
        }

        vectors.CopyTo(job.Vectors);
        job.VectorCount = vectors.Length;
        job.Operation = operation;
        job.Disk = disk;
        job.Offset = (long)offset;
        lock (_lock)
        {
            _waiting.Enqueue(tag);
        }
    }

    public void Submit()
    {
        if (_thread is null)
        {
            _thread = new Thread(Work, StackSizeBytes) { IsBackground = true };
            _thread.Start();
        }

        lock (_lock)
        {
            Monitor.PulseAll(_lock);
        }
    }

    public bool TryTake(out ushort tag, out long result)
    {
        lock (_lock)
        {
            bool taken = _finished.TryDequeue(out tag);
            result = taken ? _jobs[tag].Result : 0;
            if (_finished.Count == 0)
            {
                _completed.TryConsume();
            }

            return taken;
        }
    }

    public void Wait()
    {
        lock (_lock)
        {
            while (_finished.Count == 0)
            {
                Monitor.Wait(_lock);
            }
        }
    }

    public void Dispose()
    {
        lock (_lock)
        {
            _ends = true;
            Monitor.PulseAll(_lock);
        }

        _thread?.Join();
        _completed.Dispose();
    }

    private void Work()
    {
        while (TryNext(out ushort tag))
        {
            _jobs[tag].Result = Execute(ref _jobs[tag]);
            lock (_lock)
            {
                _finished.Enqueue(tag);
                _completed.Signal();
                Monitor.PulseAll(_lock);
            }
        }
    }

    private bool TryNext(out ushort tag)
    {
        lock (_lock)
        {
            while (!_ends && _waiting.Count == 0)
            {
                Monitor.Wait(_lock);
            }

            return _waiting.TryDequeue(out tag);
        }
    }

    private static long Execute(ref Job job)
    {
        Span<IoVec> vectors = job.Vectors.AsSpan(0, job.VectorCount);
        long bytes = 0;
        foreach (ref readonly IoVec vector in vectors)
        {
            bytes += (long)vector.Length;
        }

        bool done = job.Operation switch
        {
            DiskOperation.Read => job.Disk!.TryRead(vectors, job.Offset),
            DiskOperation.Write => job.Disk!.TryWrite(vectors, job.Offset),
            _ => job.Disk!.TryFlush(),
        };
        return done ? bytes : -InputOutputError;
    }

    private struct Job
    {
        internal DiskOperation Operation;
        internal DiskFile? Disk;
        internal IoVec[]? Vectors;
        internal int VectorCount;
        internal long Offset;
        internal long Result;
    }
}
