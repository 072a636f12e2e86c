namespace MicroVm.Vmm.Devices.Virtio.Balloon;

/// <summary>Feature bits of virtio 1.2 section 5.5.3, as masks.</summary>
internal static class BalloonFeature
{
    /// <summary>VIRTIO_BALLOON_F_STATS_VQ (1).</summary>
    internal const ulong Statistics = 1UL << 1;

    /// <summary>VIRTIO_BALLOON_F_DEFLATE_ON_OOM (2).</summary>
    internal const ulong DeflateOnOutOfMemory = 1UL << 2;

    /// <summary>VIRTIO_BALLOON_F_FREE_PAGE_HINT (3).</summary>
    internal const ulong FreePageHinting = 1UL << 3;

    /// <summary>VIRTIO_BALLOON_F_PAGE_REPORTING (5).</summary>
    internal const ulong PageReporting = 1UL << 5;
}
