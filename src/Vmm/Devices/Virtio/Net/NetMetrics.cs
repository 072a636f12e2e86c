namespace MicroVm.Vmm.Devices.Virtio.Net;

/// <summary>Counters of one network interface. Written under the transport's lock, read from anywhere.</summary>
internal sealed class NetMetrics
{
    /// <summary>Packets the guest received.</summary>
    internal long RxPackets { get; set; }

    /// <summary>Bytes of them, without the virtio header.</summary>
    internal long RxBytes { get; set; }

    /// <summary>Packets the guest sent and the tap took.</summary>
    internal long TxPackets { get; set; }

    /// <summary>Bytes of them, without the virtio header.</summary>
    internal long TxBytes { get; set; }

    /// <summary>Packets of the guest that are shorter than an Ethernet header or longer than any packet, dropped.</summary>
    internal long TxMalformed { get; set; }

    /// <summary>Packets of the guest that the tap refused, for example because it is down, dropped.</summary>
    internal long TxTapFaults { get; set; }

    /// <summary>Packets for the guest that its buffers could not hold, dropped.</summary>
    internal long RxOversized { get; set; }

    /// <summary>Times the guest had no receive buffers and the tap was left alone until it added some.</summary>
    internal long RxOutOfBuffers { get; set; }

    /// <summary>Times the tap did not take the offloads that the driver accepted.</summary>
    internal long OffloadFaults { get; set; }

    /// <summary>1 once the tap is gone. Written by the loop thread without the lock.</summary>
    internal long TapLosses { get; set; }

    /// <summary>Times a packet for the guest had to wait for the rate limiter.</summary>
    internal long RxThrottled { get; set; }

    /// <summary>Times a packet of the guest had to wait for the rate limiter.</summary>
    internal long TxThrottled { get; set; }
}
