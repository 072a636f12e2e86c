using MicroVm.Vmm.Control;
using MicroVm.Vmm.Devices.Virtio;
using MicroVm.Vmm.Devices.Virtio.Net;
using MicroVm.Vmm.Devices.Virtio.Queue;
using MicroVm.Vmm.EventLoop;
using MicroVm.Vmm.Tests.Virtio;

namespace MicroVm.Vmm.Tests.Hostility;

/// <summary>A network interface over a tap of memory.</summary>
internal sealed class NetSubject : VirtioSubject
{
    private const int FrameBytes = 60;
    private const ulong RxBuffer = TestDriver.Data + 0x4_0000;

    /// <summary>Room for the largest packet, which the device wants to have before it reads any.</summary>
    private const uint RxBytes = 0x1_0100;

    private PlayedBackend _tap = new();
    private int _sentBefore;

    internal override ulong Features => NetFeature.Offloads;

    internal override int[] WorkedQueues => [NetGuest.Rx, NetGuest.Tx];

    internal override int RequestQueue => NetGuest.Tx;

    internal override IVirtioDevice MakeDevice(EpollLoop loop)
    {
        _tap = new PlayedBackend { KeepsSent = false };
        return new NetDevice(new NetworkInterfaceConfig("eth0", "tap0"), _tap, loop);
    }

    internal override (ulong Address, uint Length, bool Writable)[] LayRequest(TestDriver driver, ulong at)
    {
        _sentBefore = _tap.SentCount;
        driver.Poke(at, NetGuest.Packet(FrameBytes));
        return [(at, NetHeader.SizeBytes + FrameBytes, false)];
    }

    /// <summary>A packet of up to 8 KiB, or a receive buffer where only packets to send belong.</summary>
    internal override (ulong Address, uint Length, bool Writable)[] LayVariant(TestDriver driver, ulong at, byte choice) =>
        [(at, choice % 16u, choice == 255), (at + 16, choice * 32u, choice % 7 == 0)];

    /// <summary>The packet was sent, and one that comes in goes where this driver wants it.</summary>
    internal override void AssertServed(TestDriver driver, GuestQueue[] queues, ulong at)
    {
        Assert.Equal(_sentBefore + 1, _tap.SentCount);
        queues[NetGuest.Rx].Offer(3, (RxBuffer, RxBytes, true));
        _tap.Play(NetGuest.Packet(FrameBytes));
        driver.Notify(NetGuest.Rx);
        UsedElement used = queues[NetGuest.Rx].TakeUsed()!.Value;
        Assert.Equal(3u, used.Head);
        Assert.InRange(used.WrittenBytes, (uint)NetHeader.SizeBytes, RxBytes);
        Assert.Null(queues[NetGuest.Rx].TakeUsed());
    }

    internal override void Provoke(TestDriver driver, GuestQueue[] queues, int queue)
    {
        if (queue == NetGuest.Rx)
        {
            _tap.Play(NetGuest.Packet(FrameBytes));
        }

        driver.Notify(queue);
    }

    /// <summary>A packet of any size up to the largest comes in, or several.</summary>
    internal override void HostEvent(TestDriver driver, byte choice)
    {
        for (int i = 0; i <= choice % 3; i++)
        {
            _tap.Play(NetGuest.Packet(choice * 256));
        }
    }
}
