namespace MicroVm.Vmm.Devices.Virtio.Net;

/// <summary>Feature bits of virtio 1.2 section 5.1.3, as masks.</summary>
internal static class NetFeature
{
    /// <summary>VIRTIO_NET_F_CSUM (0): the guest may send packets without a checksum.</summary>
    internal const ulong Checksum = 1UL << 0;

    /// <summary>VIRTIO_NET_F_GUEST_CSUM (1): the guest takes packets without a checksum.</summary>
    internal const ulong GuestChecksum = 1UL << 1;

    /// <summary>VIRTIO_NET_F_MTU (3).</summary>
    internal const ulong Mtu = 1UL << 3;

    /// <summary>VIRTIO_NET_F_MAC (5).</summary>
    internal const ulong Mac = 1UL << 5;

    /// <summary>VIRTIO_NET_F_GUEST_TSO4 (7).</summary>
    internal const ulong GuestTso4 = 1UL << 7;

    /// <summary>VIRTIO_NET_F_GUEST_TSO6 (8).</summary>
    internal const ulong GuestTso6 = 1UL << 8;

    /// <summary>VIRTIO_NET_F_GUEST_UFO (10).</summary>
    internal const ulong GuestUfo = 1UL << 10;

    /// <summary>VIRTIO_NET_F_HOST_TSO4 (11).</summary>
    internal const ulong HostTso4 = 1UL << 11;

    /// <summary>VIRTIO_NET_F_HOST_TSO6 (12).</summary>
    internal const ulong HostTso6 = 1UL << 12;

    /// <summary>VIRTIO_NET_F_HOST_UFO (14).</summary>
    internal const ulong HostUfo = 1UL << 14;

    /// <summary>VIRTIO_NET_F_MRG_RXBUF (15): a packet may fill several receive buffers.</summary>
    internal const ulong MergeableBuffers = 1UL << 15;

    /// <summary>What any of which has the guest receive packets of up to 64 KiB.</summary>
    internal const ulong LargeReceive = GuestTso4 | GuestTso6 | GuestUfo;

    /// <summary>What a tap does for every guest.</summary>
    internal const ulong Offloads =
        Checksum | GuestChecksum | LargeReceive | HostTso4 | HostTso6 | HostUfo | MergeableBuffers;
}
