using System.Runtime.InteropServices;
using System.Text;
using MicroVm.Vmm.Control;
using MicroVm.Vmm.Devices.Virtio.Queue;
using MicroVm.Vmm.Devices.Virtio.Transport;

namespace MicroVm.Vmm.Devices.Virtio.Block;

/// <summary>virtio-blk (virtio 1.2 section 5.2) over a raw file, served synchronously on the event-loop thread.</summary>
internal sealed class BlockDevice : IVirtioDevice
{
    /// <summary>Bytes of the answer to GET_ID, padded with zeros.</summary>
    internal const int IdBytes = 20;

    private const ushort QueueSize = 256;
    private static readonly ushort[] s_queueMaxSizes = [QueueSize];

    private readonly DiskFile _disk;
    private readonly bool _readOnly;
    private readonly bool _flushes;
    private readonly byte[] _id = new byte[IdBytes];
    private readonly ChainBuffers _buffers = new(QueueSize);
    private BlockConfig _config;
    private VirtioActivation? _activation;

    /// <summary>Opens the drive's file.</summary>
    /// <exception cref="Interop.Linux.OsFaultException">The file cannot be opened or read.</exception>
    internal BlockDevice(DriveConfig drive)
    {
        _disk = new DiskFile(drive.PathOnHost, drive.IsReadOnly);
        _readOnly = drive.IsReadOnly;
        _flushes = drive.CacheType == DriveCacheType.Writeback;
        Name = $"drives/{drive.DriveId}";
        Encoding.ASCII.GetBytes(drive.DriveId.AsSpan(0, Math.Min(drive.DriveId.Length, IdBytes)), _id);

        // Two descriptors of a full queue are the header and the status.
        _config = new BlockConfig { CapacitySectors = _disk.Sectors, SegmentMax = QueueSize - 2 };
    }

    public VirtioDeviceType DeviceType => VirtioDeviceType.Block;

    public string Name { get; }

    public ulong OfferedFeatures =>
        BlockFeature.SegmentMax | (_readOnly ? BlockFeature.ReadOnly : 0) | (_flushes ? BlockFeature.Flush : 0);

    public ReadOnlySpan<ushort> QueueMaxSizes => s_queueMaxSizes;

    /// <summary>Counters.</summary>
    internal BlockMetrics Metrics { get; } = new();

    public void ReadConfig(uint offset, Span<byte> data) =>
        ConfigSpace.Read(MemoryMarshal.AsBytes(new ReadOnlySpan<BlockConfig>(in _config)), offset, data);

    public void WriteConfig(uint offset, ReadOnlySpan<byte> data)
    {
        // No field is writable without VIRTIO_BLK_F_CONFIG_WCE.
    }

    public void Activate(VirtioActivation activation) => _activation = activation;

    public void Reset() => _activation = null;

    public GuestFault OnDoorbell(int queue) =>
        _activation is null ? GuestFault.None : Serve(_activation.Queues[0], _activation.Transport);

    public void Dispose() => _disk.Dispose();

    private GuestFault Serve(Virtqueue queue, IVirtioTransport transport)
    {
        // A guest that makes requests available as fast as they are served must not keep the loop from everything else.
        int budget = 2 * QueueSize;
        queue.SuppressNotifications();
        do
        {
            while (queue.TryPop(out DescriptorChain chain))
            {
                GuestFault fault = ServeOne(queue, ref chain);
                if (fault != GuestFault.None)
                {
                    return fault;
                }

                if (--budget == 0)
                {
                    transport.NotifyUsed(queue);
                    transport.Requeue(0);
                    return GuestFault.None;
                }
            }
        }
        while (queue.EnableNotifications());

        transport.NotifyUsed(queue);
        return queue.Fault;
    }

    private GuestFault ServeOne(Virtqueue queue, ref DescriptorChain chain)
    {
        GuestFault fault = _buffers.Fill(ref chain);
        if (fault == GuestFault.None)
        {
            fault = BlockRequest.TryParse(_buffers, out BlockRequest request, out bool isComplete);
            if (fault == GuestFault.None)
            {
                BlockStatus status = isComplete ? Execute(request, out uint written) : Invalid(out written);
                _buffers.TryCopyTo(request.StatusOffset, [(byte)status]);
                queue.Complete(chain.Head, written + 1);
            }
        }

        return fault;
    }

    private BlockStatus Execute(in BlockRequest request, out uint written)
    {
        written = 0;
        switch (request.Type)
        {
            case BlockRequestType.Read:
                return Read(request, out written);
            case BlockRequestType.Write:
                return Write(request);
            case BlockRequestType.Flush when _flushes:
                Metrics.Flushes++;
                return _readOnly || _disk.TryFlush() ? BlockStatus.Ok : HostFault();
            case BlockRequestType.GetId:
                return GetId(request, out written);
            default:
                Metrics.Unsupported++;
                return BlockStatus.Unsupported;
        }
    }

    private BlockStatus Read(in BlockRequest request, out uint written)
    {
        if (!request.IsInside(_disk.Sectors))
        {
            return Invalid(out written);
        }

        // On failure the buffers may hold a part of the data; none of it is reported as written.
        written = 0;
        if (!_disk.TryRead(_buffers.SliceWritable(request.DataOffset, request.DataBytes), (long)(request.Sector * BlockRequest.SectorBytes)))
        {
            return HostFault();
        }

        Metrics.Reads++;
        Metrics.ReadBytes += request.DataBytes;
        written = request.DataBytes;
        return BlockStatus.Ok;
    }

    private BlockStatus Write(in BlockRequest request)
    {
        if (_readOnly || !request.IsInside(_disk.Sectors))
        {
            return Invalid(out _);
        }

        if (!_disk.TryWrite(_buffers.SliceReadable(request.DataOffset, request.DataBytes), (long)(request.Sector * BlockRequest.SectorBytes)))
        {
            return HostFault();
        }

        Metrics.Writes++;
        Metrics.WrittenBytes += request.DataBytes;
        return BlockStatus.Ok;
    }

    private BlockStatus GetId(in BlockRequest request, out uint written)
    {
        if (request.DataBytes < IdBytes)
        {
            return Invalid(out written);
        }

        _buffers.TryCopyTo(request.DataOffset, _id);
        written = IdBytes;
        return BlockStatus.Ok;
    }

    private BlockStatus Invalid(out uint written)
    {
        written = 0;
        Metrics.InvalidRequests++;
        return BlockStatus.IoError;
    }

    private BlockStatus HostFault()
    {
        Metrics.HostFaults++;
        return BlockStatus.IoError;
    }
}
