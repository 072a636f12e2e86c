using MicroVm.Vmm.Control;
using MicroVm.Vmm.Devices.Virtio;
using MicroVm.Vmm.Devices.Virtio.Net;
using MicroVm.Vmm.EventLoop;
using MicroVm.Vmm.Mmds;
using MicroVm.Vmm.Mmds.Network;
using MicroVm.Vmm.Tests.Virtio;

namespace MicroVm.Vmm.Tests.Hostility;

/// <summary>A network interface with the metadata service on it; the request is a connection.</summary>
internal sealed class MmdsSubject : VirtioSubject
{
    private const int LimitBytes = 51_200;
    private const ulong RxBuffer = TestDriver.Data + 0x4_0000;

    /// <summary>Room for the largest packet, which the device wants to have before it reads any.</summary>
    private const uint RxBytes = 0x1_0100;
    private const int FlagsOffset = NetHeader.SizeBytes + 14 + 20 + 13;
    private const ushort Port = 1000;

    private static readonly byte[] s_request = "GET / HTTP/1.1\r\n\r\n"u8.ToArray();

    internal override ulong Features => NetFeature.Offloads;

    internal override int[] WorkedQueues => [NetGuest.Rx, NetGuest.Tx];

    internal override int RequestQueue => NetGuest.Tx;

    internal override IVirtioDevice MakeDevice(EpollLoop loop)
    {
        var service = new MetadataService(LimitBytes);
        service.Store.TryPut("""{"a":{"b":"c"}}"""u8);
        return new NetDevice(
            new NetworkInterfaceConfig("eth0", "tap0"), new PlayedBackend { KeepsSent = false }, loop, responder: new MetadataNetwork(service));
    }

    internal override (ulong Address, uint Length, bool Writable)[] LayRequest(TestDriver driver, ulong at) =>
        Lay(driver, at, MmdsFrames.Segment(Port, 100, 0, TcpFlags.Syn, ushort.MaxValue));

    /// <summary>Segments of several connections with any flags, requests in them, and ARP; whole or cut off.</summary>
    internal override (ulong Address, uint Length, bool Writable)[] LayVariant(TestDriver driver, ulong at, byte choice)
    {
        ushort port = (ushort)(Port + (choice % 20));
        byte[] frame = (choice % 5) switch
        {
            0 => MmdsFrames.Arp(),
            1 => MmdsFrames.Segment(port, 100, 0, TcpFlags.Syn, choice, optionWords: 1),
            2 => MmdsFrames.Segment(port, 101, choice, TcpFlags.Ack, ushort.MaxValue, s_request),
            _ => MmdsFrames.Segment(port, 100, choice, (TcpFlags)choice, choice, s_request, choice % 11),
        };
        return Lay(driver, at, choice % 7 == 0 ? frame[..(frame.Length / 2)] : frame);
    }

    internal override void AssertServed(TestDriver driver, GuestQueue[] queues, ulong at)
    {
        queues[NetGuest.Rx].Offer(0, (RxBuffer, RxBytes, true));
        driver.Notify(NetGuest.Rx);
        Assert.Equal(1, queues[NetGuest.Rx].UsedIndex);
        Assert.Equal((byte)(TcpFlags.Syn | TcpFlags.Ack), driver.Peek(RxBuffer + FlagsOffset, 1)[0]);
    }

    /// <summary>The receive queue is looked at when the service has something to say.</summary>
    internal override void Provoke(TestDriver driver, GuestQueue[] queues, int queue)
    {
        if (queue == NetGuest.Rx)
        {
            queues[NetGuest.Tx].Offer(0, LayRequest(driver, TestDriver.Data + 0x2_0000));
        }

        driver.Notify(NetGuest.Tx);
    }

    private static (ulong Address, uint Length, bool Writable)[] Lay(TestDriver driver, ulong at, byte[] frame)
    {
        driver.Poke(at, new byte[NetHeader.SizeBytes]);
        driver.Poke(at + NetHeader.SizeBytes, frame);
        return [(at, NetHeader.SizeBytes + (uint)frame.Length, false)];
    }
}
