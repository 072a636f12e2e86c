using System.Runtime.InteropServices;

namespace MicroVm.Vmm.Devices.Virtio.Vsock;

/// <summary><c>struct virtio_vsock_hdr</c> of virtio 1.2 section 5.10.6, packed.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
internal struct VsockHeader
{
    internal const int SizeBytes = 44;

    /// <summary>VIRTIO_VSOCK_TYPE_STREAM.</summary>
    internal const ushort StreamType = 1;

    /// <summary>The host's context id.</summary>
    internal const ulong HostCid = 2;

    /// <summary>Flag of SHUTDOWN: the sender will not receive any more.</summary>
    internal const uint ShutdownReceive = 1;

    /// <summary>Flag of SHUTDOWN: the sender will not send any more.</summary>
    internal const uint ShutdownSend = 2;

    internal ulong SourceCid;
    internal ulong DestinationCid;
    internal uint SourcePort;
    internal uint DestinationPort;
    internal uint Length;
    internal ushort Type;
    internal VsockOperation Operation;
    internal uint Flags;
    internal uint BufferAllocation;
    internal uint ForwardCount;
}
