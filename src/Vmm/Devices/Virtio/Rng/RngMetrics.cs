namespace MicroVm.Vmm.Devices.Virtio.Rng;

/// <summary>Counters of the entropy device. Written under the transport's lock, read from anywhere.</summary>
internal sealed class RngMetrics
{
    /// <summary>Requests answered.</summary>
    internal long Requests { get; set; }

    /// <summary>Random bytes given.</summary>
    internal long Bytes { get; set; }

    /// <summary>Requests without a byte of room, or that the host's getrandom refused.</summary>
    internal long EmptyRequests { get; set; }

    /// <summary>Times a request had to wait for the rate limiter.</summary>
    internal long ThrottledRequests { get; set; }
}
