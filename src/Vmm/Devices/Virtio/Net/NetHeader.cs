using System.Runtime.InteropServices;

namespace MicroVm.Vmm.Devices.Virtio.Net;

/// <summary>
/// <c>struct virtio_net_hdr_v1</c> of virtio 1.2 section 5.1.6, in front of every packet. The tap reads and writes all of it but
/// the last field, which is the device's.
/// </summary>
[StructLayout(LayoutKind.Sequential)]
internal struct NetHeader
{
    /// <summary>Bytes of the header.</summary>
    internal const int SizeBytes = 12;

    /// <summary>Where <see cref="BufferCount"/> is.</summary>
    internal const int BufferCountOffset = 10;

    internal byte Flags;
    internal byte SegmentationType;
    internal ushort HeaderLength;
    internal ushort SegmentSize;
    internal ushort ChecksumStart;
    internal ushort ChecksumOffset;

    /// <summary>Receive buffers that the packet fills; 1 without mergeable buffers (section 5.1.6.4.1).</summary>
    internal ushort BufferCount;
}
