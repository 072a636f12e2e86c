namespace MicroVm.Vmm.Devices.Virtio.Block;

/// <summary>Feature bits of virtio 1.2 section 5.2.3, as masks.</summary>
internal static class BlockFeature
{
    /// <summary>VIRTIO_BLK_F_SEG_MAX (2): without it a Linux driver sends one data buffer per request.</summary>
    internal const ulong SegmentMax = 1UL << 2;

    /// <summary>VIRTIO_BLK_F_RO (5).</summary>
    internal const ulong ReadOnly = 1UL << 5;

    /// <summary>VIRTIO_BLK_F_FLUSH (9).</summary>
    internal const ulong Flush = 1UL << 9;
}
