using MicroVm.Vmm.Interop.Linux;

namespace MicroVm.Vmm.Devices.Virtio.Net;

/// <summary>Where packets for the guest come from.</summary>
internal interface IPacketSource
{
    /// <summary>
    /// Bytes of the next packet, with its <see cref="NetHeader"/>, that went into the vectors (what does not fit is lost), or a negative errno.
    /// </summary>
    int Receive(ReadOnlySpan<IoVec> destination);
}
