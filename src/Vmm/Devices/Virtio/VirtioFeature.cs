namespace MicroVm.Vmm.Devices.Virtio;

/// <summary>Feature bits of virtio 1.2 section 6 that belong to the ring and the transport, as masks.</summary>
internal static class VirtioFeature
{
    /// <summary>VIRTIO_F_INDIRECT_DESC (28).</summary>
    internal const ulong IndirectDescriptors = 1UL << 28;

    /// <summary>VIRTIO_F_EVENT_IDX (29).</summary>
    internal const ulong EventIndex = 1UL << 29;

    /// <summary>VIRTIO_F_VERSION_1 (32): a driver that does not accept it is a legacy driver, which is refused.</summary>
    internal const ulong Version1 = 1UL << 32;

    /// <summary>What the transport offers for every device.</summary>
    internal const ulong Ring = IndirectDescriptors | EventIndex | Version1;
}
