using System.Runtime.InteropServices;

namespace MicroVm.Vmm.Devices.Virtio.Block;

/// <summary><c>struct virtio_blk_config</c> of virtio 1.2 section 5.2.4, as far as the offered features give it meaning.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct BlockConfig
{
    /// <summary>Sectors of 512 bytes.</summary>
    internal ulong CapacitySectors;

    /// <summary>Without meaning: VIRTIO_BLK_F_SIZE_MAX is not offered.</summary>
    internal uint SizeMax;

    /// <summary>Data buffers of one request (VIRTIO_BLK_F_SEG_MAX).</summary>
    internal uint SegmentMax;
}
