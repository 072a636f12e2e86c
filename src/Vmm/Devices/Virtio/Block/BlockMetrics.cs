namespace MicroVm.Vmm.Devices.Virtio.Block;

/// <summary>Counters of one drive. Written under the transport's lock, read from anywhere.</summary>
internal sealed class BlockMetrics
{
    internal long Reads { get; set; }

    internal long Writes { get; set; }

    internal long Flushes { get; set; }

    internal long ReadBytes { get; set; }

    internal long WrittenBytes { get; set; }

    /// <summary>Requests answered with IOERR because of what the guest asked for.</summary>
    internal long InvalidRequests { get; set; }

    /// <summary>Requests answered with IOERR because the host's file failed.</summary>
    internal long HostFaults { get; set; }

    /// <summary>Requests answered with UNSUPP.</summary>
    internal long Unsupported { get; set; }

    /// <summary>Times a request had to wait for the rate limiter.</summary>
    internal long ThrottledRequests { get; set; }
}
