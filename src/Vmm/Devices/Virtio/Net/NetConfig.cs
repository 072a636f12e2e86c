using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using MicroVm.Vmm.Control;

namespace MicroVm.Vmm.Devices.Virtio.Net;

/// <summary><c>struct virtio_net_config</c> of virtio 1.2 section 5.1.4, as far as the offered features give it meaning.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
internal struct NetConfig
{
    /// <summary>The guest's address (VIRTIO_NET_F_MAC).</summary>
    internal MacBytes Mac;

    /// <summary>Without meaning: VIRTIO_NET_F_STATUS is not offered.</summary>
    internal ushort Status;

    /// <summary>Without meaning: VIRTIO_NET_F_MQ is not offered.</summary>
    internal ushort MaxQueuePairs;

    /// <summary>Largest payload of an Ethernet frame (VIRTIO_NET_F_MTU).</summary>
    internal ushort Mtu;

    /// <summary>Six bytes in the order of the wire.</summary>
    [InlineArray(MacAddress.SizeBytes)]
    internal struct MacBytes
    {
        private byte _first;
    }
}
