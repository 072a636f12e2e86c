using System.Runtime.InteropServices;

namespace MicroVm.Vmm.Devices.Virtio.Queue;

/// <summary><c>struct virtq_used_elem</c>, virtio 1.2 section 2.7.8.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct UsedElement
{
    /// <summary>Head of the chain that is returned.</summary>
    internal uint Head;

    /// <summary>Bytes that the device wrote into the chain's writable part, counted from its start.</summary>
    internal uint WrittenBytes;
}
