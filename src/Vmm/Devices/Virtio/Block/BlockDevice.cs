using System.Runtime.InteropServices;
using System.Text;
using MicroVm.Vmm.Control;
using MicroVm.Vmm.Devices.Virtio.Queue;
using MicroVm.Vmm.Devices.Virtio.RateLimiting;
using MicroVm.Vmm.Devices.Virtio.Transport;
using MicroVm.Vmm.EventLoop;

namespace MicroVm.Vmm.Devices.Virtio.Block;

/// <summary>
/// virtio-blk (virtio 1.2 section 5.2) over a raw file, served on the event-loop thread: there and then, or by an engine that moves
/// the data while the loop goes on.
/// </summary>
internal sealed partial class BlockDevice : IVirtioDevice
{
    /// <summary>Bytes of the answer to GET_ID, padded with zeros.</summary>
    internal const int IdBytes = 20;

    private const ushort QueueSize = 256;

    /// <summary>Bytes after which a turn ends. Requests are of up to 4 GiB, and a full queue of them would keep the loop for minutes.</summary>
    private const long TurnBytes = 16 << 20;
    private static readonly ushort[] s_queueMaxSizes = [QueueSize];

    private readonly bool _readOnly;
    private readonly bool _flushes;
    private readonly byte[] _id = new byte[IdBytes];
    private readonly ChainBuffers _buffers = new(QueueSize);
    private readonly RateLimiter _limiter;
    private DiskFile _disk;
    private BlockConfig _config;
    private VirtioActivation? _activation;
    private long _turnBytes;

    /// <summary>Opens the drive's file; on the loop's thread or before it runs.</summary>
    /// <param name="drive">What to serve, and how.</param>
    /// <param name="loop">Where an engine's results are watched for.</param>
    /// <param name="makeEngine">Makes the engine of a drive that asks for one; io_uring, or else a thread, when null.</param>
    /// <exception cref="Interop.Linux.OsFaultException">The file cannot be opened or read.</exception>
    internal BlockDevice(DriveConfig drive, EpollLoop loop, Func<IDiskEngine>? makeEngine = null)
    {
        _loop = loop;
        _disk = new DiskFile(drive.PathOnHost, drive.IsReadOnly);
        _readOnly = drive.IsReadOnly;
        _flushes = drive.CacheType == DriveCacheType.Writeback;
        Name = NameOf(drive.DriveId);
        Encoding.ASCII.GetBytes(drive.DriveId.AsSpan(0, Math.Min(drive.DriveId.Length, IdBytes)), _id);

        // Two descriptors of a full queue are the header and the status.
        _config = new BlockConfig { CapacitySectors = _disk.Sectors, SegmentMax = QueueSize - 2 };
        if (drive.IoEngine == DriveIoEngine.Async)
        {
            _inFlight = new RequestInFlight[QueueSize];
            try
            {
                _engine = makeEngine is null ? UringDiskEngine.TryCreate() ?? (IDiskEngine)new WorkerDiskEngine() : makeEngine();
                loop.Add(_engine.CompletionFd, EpollLoop.In, this, 0);
            }
            catch
            {
                _engine?.Dispose();
                _disk.Dispose();
                throw;
            }
        }

        _limiter = new RateLimiter(drive.RateLimiter, loop, () => Volatile.Read(ref _activation)?.Transport.Requeue(0));
    }

    public VirtioDeviceType DeviceType => VirtioDeviceType.Block;

    public string Name { get; }

    public ulong OfferedFeatures =>
        BlockFeature.SegmentMax | (_readOnly ? BlockFeature.ReadOnly : 0) | (_flushes ? BlockFeature.Flush : 0);

    public ReadOnlySpan<ushort> QueueMaxSizes => s_queueMaxSizes;

    /// <summary>The name of the device of a drive.</summary>
    internal static string NameOf(string driveId) => $"drives/{driveId}";

    /// <summary>Counters.</summary>
    internal BlockMetrics Metrics { get; } = new();

    public void ReadConfig(uint offset, Span<byte> data) =>
        ConfigSpace.Read(MemoryMarshal.AsBytes(new ReadOnlySpan<BlockConfig>(in _config)), offset, data);

    public void WriteConfig(uint offset, ReadOnlySpan<byte> data)
    {
        // No field is writable without VIRTIO_BLK_F_CONFIG_WCE.
    }

    public void Activate(VirtioActivation activation) => Volatile.Write(ref _activation, activation);

    public void Reset()
    {
        AwaitInFlight(returnTo: null);
        Volatile.Write(ref _activation, null);
    }

    public GuestFault OnDoorbell(int queue) =>
        _activation is null ? GuestFault.None : Serve(_activation.Queues[0], _activation.Transport);

    /// <summary>
    /// Serves another file from now on and tells the guest the new size; on the loop's thread. Requests under way end on the old file.
    /// </summary>
    /// <exception cref="Interop.Linux.OsFaultException">The file cannot be opened or read; the old one stays.</exception>
    internal void ReplaceDisk(string path)
    {
        DiskFile replacement = new(path, _readOnly);
        if (Volatile.Read(ref _activation) is not VirtioActivation activation)
        {
            // Nothing is served or under way, and it is this thread that would serve.
            Use(replacement);
            return;
        }

        lock (activation.Transport.Gate)
        {
            AwaitInFlight(returnTo: activation.Queues[0]);
            Use(replacement);
            activation.Transport.NotifyUsed(activation.Queues[0]);
            activation.Transport.NotifyConfigChanged();
        }
    }

    /// <summary>Changes the limits of a running drive; on the loop's thread.</summary>
    /// <exception cref="Interop.Linux.OsFaultException">The limiter's timer cannot be had.</exception>
    internal void UpdateLimits(RateLimiterConfig limits) => _limiter.Update(limits);

    public void Dispose()
    {
        _limiter.Dispose();
        if (_engine is not null)
        {
            _loop.Remove(_engine.CompletionFd);
            _engine.Dispose();
        }

        _disk.Dispose();
    }

    private void Use(DiskFile replacement)
    {
        _disk.Dispose();
        _disk = replacement;
        _config.CapacitySectors = replacement.Sectors;
    }

    private GuestFault Serve(Virtqueue queue, IVirtioTransport transport)
    {
        if (_limiter.IsBlocked)
        {
            return GuestFault.None;
        }

        // A guest that makes requests available as fast as they are served must not keep the loop from everything else.
        int budget = 2 * QueueSize;
        _turnBytes = TurnBytes;
        queue.SuppressNotifications();
        do
        {
            while (queue.TryPop(out DescriptorChain chain))
            {
                GuestFault fault = ServeOne(queue, ref chain, out bool waits);
                if (fault != GuestFault.None)
                {
                    return fault;
                }

                if (waits || --budget == 0 || _turnBytes <= 0)
                {
                    EndBatch(queue, transport, waits ? chain.Head : null);
                    return GuestFault.None;
                }
            }

            SubmitStarted(queue);
        }
        while (queue.EnableNotifications());

        transport.NotifyUsed(queue);
        return queue.Fault;
    }

    /// <summary>Ends a batch before the queue is empty: it goes on after the others' turns, or when the rate limiter lets <paramref name="waiting"/> through.</summary>
    private void EndBatch(Virtqueue queue, IVirtioTransport transport, ushort? waiting)
    {
        if (waiting is ushort head)
        {
            queue.UndoPop(head);
            Metrics.ThrottledRequests++;
        }
        else
        {
            transport.Requeue(0);
        }

        SubmitStarted(queue);
        transport.NotifyUsed(queue);
    }

    private GuestFault ServeOne(Virtqueue queue, ref DescriptorChain chain, out bool waits)
    {
        waits = false;
        GuestFault fault = _buffers.Fill(ref chain);
        if (fault == GuestFault.None)
        {
            fault = BlockRequest.TryParse(_buffers, out BlockRequest request, out bool isComplete);
            waits = fault == GuestFault.None && !_limiter.TryConsume(request.MovedBytes);
            if (fault == GuestFault.None && !waits)
            {
                _turnBytes -= request.MovedBytes;
                uint written = 0;
                BlockStatus? status = isComplete ? Execute(request, chain.Head, out written) : Invalid();
                if (status is BlockStatus known)
                {
                    _buffers.TryCopyTo(request.StatusOffset, [(byte)known]);
                    queue.Complete(chain.Head, written + 1);
                }
            }
        }

        return fault;
    }

    /// <summary>What a request comes to, or null when the engine has taken it on.</summary>
    private BlockStatus? Execute(in BlockRequest request, ushort head, out uint written)
    {
        written = 0;
        switch (request.Type)
        {
            case BlockRequestType.Read:
                return Read(request, head, out written);
            case BlockRequestType.Write:
                return Write(request, head);
            case BlockRequestType.Flush when _flushes:
                return Flush(request, head);
            case BlockRequestType.GetId:
                return GetId(request, out written);
            default:
                Metrics.Unsupported++;
                return BlockStatus.Unsupported;
        }
    }

    private BlockStatus? Read(in BlockRequest request, ushort head, out uint written)
    {
        written = 0;
        if (!request.IsInside(_disk.Sectors))
        {
            return Invalid();
        }

        if (TryStart(request, head, DiskOperation.Read))
        {
            return null;
        }

        // On failure the buffers may hold a part of the data; none of it is reported as written.
        if (!_disk.TryRead(_buffers.SliceWritable(request.DataOffset, request.DataBytes), (long)(request.Sector * BlockRequest.SectorBytes)))
        {
            return HostFault();
        }

        written = request.DataBytes;
        return Counted(DiskOperation.Read, request.DataBytes);
    }

    private BlockStatus? Write(in BlockRequest request, ushort head)
    {
        if (_readOnly || !request.IsInside(_disk.Sectors))
        {
            return Invalid();
        }

        if (TryStart(request, head, DiskOperation.Write))
        {
            return null;
        }

        return _disk.TryWrite(_buffers.SliceReadable(request.DataOffset, request.DataBytes), (long)(request.Sector * BlockRequest.SectorBytes))
            ? Counted(DiskOperation.Write, request.DataBytes)
            : HostFault();
    }

    private BlockStatus? Flush(in BlockRequest request, ushort head)
    {
        if (!_readOnly && TryStart(request, head, DiskOperation.Flush))
        {
            return null;
        }

        return _readOnly || _disk.TryFlush() ? Counted(DiskOperation.Flush, 0) : HostFault();
    }

    private BlockStatus Counted(DiskOperation operation, uint bytes)
    {
        switch (operation)
        {
            case DiskOperation.Read:
                Metrics.Reads++;
                Metrics.ReadBytes += bytes;
                break;
            case DiskOperation.Write:
                Metrics.Writes++;
                Metrics.WrittenBytes += bytes;
                break;
            default:
                Metrics.Flushes++;
                break;
        }

        return BlockStatus.Ok;
    }

    private BlockStatus GetId(in BlockRequest request, out uint written)
    {
        written = 0;
        if (request.DataBytes < IdBytes)
        {
            return Invalid();
        }

        _buffers.TryCopyTo(request.DataOffset, _id);
        written = IdBytes;
        return BlockStatus.Ok;
    }

    private BlockStatus Invalid()
    {
        Metrics.InvalidRequests++;
        return BlockStatus.IoError;
    }

    private BlockStatus HostFault()
    {
        Metrics.HostFaults++;
        return BlockStatus.IoError;
    }
}
