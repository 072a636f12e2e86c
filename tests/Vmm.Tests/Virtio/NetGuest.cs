using System.Buffers.Binary;
using MicroVm.Vmm.Control;
using MicroVm.Vmm.Devices.Virtio.Net;

namespace MicroVm.Vmm.Tests.Virtio;

/// <summary>What the tests of the network device share: a driver over a played backend, packets, and receive buffers.</summary>
internal static class NetGuest
{
    internal const int Rx = 0;
    internal const int Tx = 1;
    internal const ulong Buffers = TestDriver.Data;
    internal const uint BufferBytes = 1536;

    internal static TestDriver Start(
        PlayedBackend backend,
        out GuestQueue[] queues,
        ulong features = NetFeature.MergeableBuffers,
        NetworkInterfaceConfig? config = null,
        ushort queueSize = 16,
        TimeProvider? clock = null) =>
        TestDriver.Start(
            loop => new NetDevice(config ?? new NetworkInterfaceConfig("eth0", "tap0"), backend, loop, clock), out queues, features, queueSize);

    internal static NetMetrics Metrics(TestDriver driver) => ((NetDevice)driver.Device).Metrics;

    internal static byte[] Packet(int bytes, byte fill = 0x5a)
    {
        byte[] packet = new byte[NetHeader.SizeBytes + bytes];
        packet.AsSpan(NetHeader.SizeBytes).Fill(fill);
        return packet;
    }

    internal static void OfferBuffers(GuestQueue queue, int count, uint bytes = BufferBytes)
    {
        for (uint i = 0; i < count; i++)
        {
            queue.Offer(i, (Buffers + (i * BufferBytes), bytes, true));
        }
    }

    internal static ushort BufferCount(TestDriver driver, ulong header) =>
        BinaryPrimitives.ReadUInt16LittleEndian(driver.Peek(header + NetHeader.BufferCountOffset, 2));
}
