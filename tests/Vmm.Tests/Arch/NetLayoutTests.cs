using MicroVm.Vmm.Devices.Virtio;
using MicroVm.Vmm.Devices.Virtio.Net;
using MicroVm.Vmm.Interop.Linux;

namespace MicroVm.Vmm.Tests.Arch;

public sealed class NetLayoutTests
{
    [Theory]
    [InlineData(CTarget.X64)]
    [InlineData(CTarget.Arm64)]
    public void Header_OfVirtioNet_HasTheHeadersLayout(CTarget target)
    {
        CHeaderAssertions c = new("linux/virtio_net.h");
        c.Size<NetHeader>("struct virtio_net_hdr_v1")
            .Offsets<NetHeader>(
                "struct virtio_net_hdr_v1",
                ("Flags", "flags"),
                ("SegmentationType", "gso_type"),
                ("HeaderLength", "hdr_len"),
                ("SegmentSize", "gso_size"),
                ("ChecksumStart", "csum_start"),
                ("ChecksumOffset", "csum_offset"),
                ("BufferCount", "num_buffers"))
            .Equal("sizeof(struct virtio_net_hdr_v1)", NetHeader.SizeBytes)
            .Equal("offsetof(struct virtio_net_hdr_v1, num_buffers)", NetHeader.BufferCountOffset);
        c.Offsets<NetConfig>(
            "struct virtio_net_config", ("Mac", "mac"), ("Status", "status"), ("MaxQueuePairs", "max_virtqueue_pairs"), ("Mtu", "mtu"));
        Assert.Equal("", c.Compile(target));
    }

    [Theory]
    [InlineData(CTarget.X64)]
    [InlineData(CTarget.Arm64)]
    public void Numbers_OfVirtioNet_AreTheHeaders(CTarget target)
    {
        CHeaderAssertions c = new("linux/virtio_net.h", "linux/virtio_ids.h");
        c.Equal("VIRTIO_ID_NET", (ulong)VirtioDeviceType.Net)
            .Equal("1UL << VIRTIO_NET_F_CSUM", NetFeature.Checksum)
            .Equal("1UL << VIRTIO_NET_F_GUEST_CSUM", NetFeature.GuestChecksum)
            .Equal("1UL << VIRTIO_NET_F_MTU", NetFeature.Mtu)
            .Equal("1UL << VIRTIO_NET_F_MAC", NetFeature.Mac)
            .Equal("1UL << VIRTIO_NET_F_GUEST_TSO4", NetFeature.GuestTso4)
            .Equal("1UL << VIRTIO_NET_F_GUEST_TSO6", NetFeature.GuestTso6)
            .Equal("1UL << VIRTIO_NET_F_GUEST_UFO", NetFeature.GuestUfo)
            .Equal("1UL << VIRTIO_NET_F_HOST_TSO4", NetFeature.HostTso4)
            .Equal("1UL << VIRTIO_NET_F_HOST_TSO6", NetFeature.HostTso6)
            .Equal("1UL << VIRTIO_NET_F_HOST_UFO", NetFeature.HostUfo)
            .Equal("1UL << VIRTIO_NET_F_MRG_RXBUF", NetFeature.MergeableBuffers);
        Assert.Equal("", c.Compile(target));
    }

    [Theory]
    [InlineData(CTarget.X64)]
    [InlineData(CTarget.Arm64)]
    public void Requests_OfTun_AreTheHeaders(CTarget target)
    {
        CHeaderAssertions c = new("net/if.h", "sys/ioctl.h", "linux/if_tun.h");
        c.Size<InterfaceRequest>("struct ifreq")
            .Offsets<InterfaceRequest>("struct ifreq", ("Name", "ifr_name"), ("Flags", "ifr_flags"))
            .Equal("IFNAMSIZ", InterfaceRequest.MaxNameBytes + 1)
            .Equal("TUNSETIFF", TunIoctl.SetInterface)
            .Equal("TUNSETOFFLOAD", TunIoctl.SetOffload)
            .Equal("TUNSETVNETHDRSZ", TunIoctl.SetVirtioHeaderSize)
            .Equal("IFF_TAP", TunIoctl.Tap)
            .Equal("IFF_NO_PI", TunIoctl.NoPacketInformation)
            .Equal("IFF_VNET_HDR", TunIoctl.VirtioHeader)
            .Equal("TUN_F_CSUM", TapOffload.Checksum)
            .Equal("TUN_F_TSO4", TapOffload.Tso4)
            .Equal("TUN_F_TSO6", TapOffload.Tso6)
            .Equal("TUN_F_UFO", TapOffload.Ufo);
        Assert.Equal("", c.Compile(target));
    }
}
