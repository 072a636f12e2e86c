using MicroVm.Vmm.Control;
using MicroVm.Vmm.Devices.Virtio;
using MicroVm.Vmm.Devices.Virtio.Net;
using MicroVm.Vmm.Devices.Virtio.Queue;
using MicroVm.Vmm.Devices.Virtio.Transport;
using MicroVm.Vmm.EventLoop;
using MicroVm.Vmm.Tests.RateLimiting;
using static MicroVm.Vmm.Tests.Virtio.NetGuest;

namespace MicroVm.Vmm.Tests.Virtio;

/// <summary>What a guest, or a tap that goes away, may do to the network device.</summary>
public sealed class NetDeviceHostileTests
{
    private const int BadState = 77;

    [Theory]
    [InlineData(TestDriver.LowEnd - 10, 100u)]
    [InlineData(ulong.MaxValue - 10, 100u)]
    [InlineData(TestDriver.HighEnd, 100u)]
    public void Receive_IntoABufferOutsideMemory_NeedsReset(ulong address, uint length)
    {
        using TestDriver driver = Start(new PlayedBackend(), out GuestQueue[] queues);
        queues[Rx].Offer(0, (address, length, true));
        driver.Notify(Rx);
        Assert.True(driver.NeedsReset);
    }

    [Fact]
    public void Receive_IntoABufferWithoutRoomForTheHeader_NeedsReset()
    {
        using TestDriver driver = Start(new PlayedBackend(), out GuestQueue[] queues);
        queues[Rx].Offer(0, (Buffers, NetHeader.SizeBytes - 1, true));
        driver.Notify(Rx);
        Assert.True(driver.NeedsReset);
    }

    [Fact]
    public void Receive_IntoReadOnlyBuffers_NeedsReset()
    {
        using TestDriver driver = Start(new PlayedBackend(), out GuestQueue[] queues);
        queues[Rx].Offer(0, (Buffers, 2000, false));
        driver.Notify(Rx);
        Assert.True(driver.NeedsReset);
    }

    [Fact]
    public void Receive_HeadOfferedTwiceWhileHeld_NeedsReset()
    {
        using TestDriver driver = Start(new PlayedBackend(), out GuestQueue[] queues, NetFeature.MergeableBuffers | NetFeature.LargeReceive);
        OfferBuffers(queues[Rx], 1);
        queues[Rx].MakeAvailable(0);
        driver.Notify(Rx);
        Assert.True(driver.NeedsReset);
    }

    [Fact]
    public void Receive_IntoChainsOfVeryManyBuffers_StillGetsPackets()
    {
        var backend = new PlayedBackend();
        using TestDriver driver = Start(
            backend, out GuestQueue[] queues, NetFeature.MergeableBuffers | NetFeature.LargeReceive | VirtioFeature.IndirectDescriptors, queueSize: 256);
        const ulong Table = TestDriver.HighStart;
        for (uint i = 0; i < 256; i++)
        {
            queues[Rx].SetDescriptorAt(Table, i, Buffers + (i * 16), 1, (ushort)(Descriptor.FlagWrite | (i == 255 ? 0 : Descriptor.FlagNext)), (ushort)(i + 1));
        }

        for (uint i = 0; i < 8; i++)
        {
            queues[Rx].SetDescriptor(i, Table, 256 * 16, Descriptor.FlagIndirect);
            queues[Rx].MakeAvailable((ushort)i);
        }

        driver.Notify(Rx);
        for (int i = 0; i < 8; i++)
        {
            backend.Play(Packet(200));
        }

        driver.Pump();
        Assert.False(driver.NeedsReset);
        Assert.Equal(8, Metrics(driver).RxPackets + Metrics(driver).RxOversized);
        Assert.Equal((ushort)Metrics(driver).RxPackets, queues[Rx].UsedIndex);
    }

    [Fact]
    public void Reset_WithBuffersHeldAndAPacketWaiting_ForgetsBoth()
    {
        var backend = new PlayedBackend();
        var config = new NetworkInterfaceConfig("eth0", "tap0", RxRateLimiter: new(null, new(1, null, 1_000_000)));
        using TestDriver driver = Start(backend, out GuestQueue[] queues, features: 0, config: config, clock: new ManualClock());
        OfferBuffers(queues[Rx], 8);
        driver.Notify(Rx);
        backend.Play(Packet(60));
        backend.Play(Packet(60));
        driver.Pump();
        driver.SetStatus(DeviceStatus.None);
        driver.Poke(Buffers, new byte[0x4000]);
        backend.Play(Packet(60));
        driver.Pump();
        Assert.All(driver.Peek(Buffers, 0x4000), b => Assert.Equal(0, b));
        driver.Start(0)[Rx].Offer(0, (Buffers, BufferBytes, true));
        driver.Notify(Rx);
        Assert.False(driver.NeedsReset);
    }

    /// <summary>CVE-2020-16843: packets that no buffer holds come as fast as they are dropped, and the loop still gets its turn.</summary>
    [Fact]
    public void Receive_FloodOfPacketsTooLarge_LeavesTheLoopAfterEachBatch()
    {
        var backend = new PlayedBackend { Flood = Packet((int)BufferBytes) };
        using TestDriver driver = Start(backend, out GuestQueue[] queues, features: 0);
        OfferBuffers(queues[Rx], 4);
        driver.Write(MmioRegister.QueueNotify, Rx);
        driver.Loop.RunOnce(0);
        Assert.Equal(NetDevice.BatchPackets, Metrics(driver).RxOversized);

        // Level-triggered, and so the rest of the flood gets its turns as well, until a packet fits.
        backend.Wake();
        driver.Loop.RunOnce(0);
        Assert.Equal(2 * NetDevice.BatchPackets, Metrics(driver).RxOversized);
        backend.Flood = null;
        backend.Play(Packet(60));
        driver.Pump();
        Assert.Equal(1, queues[Rx].UsedIndex);
    }

    [Fact]
    public void Receive_FromATapThatIsGone_IsCountedOnceAndTheDeviceLives()
    {
        var backend = new PlayedBackend { ReceiveFault = BadState };
        using TestDriver driver = Start(backend, out GuestQueue[] queues);
        OfferBuffers(queues[Rx], 16);
        driver.Notify(Rx);
        backend.Wake();
        driver.Pump(20);
        Assert.Equal((1, 1), (Metrics(driver).TapLosses, backend.ReceiveCalls));
        ((IEventSource)driver.Device).OnReady(EpollLoop.Error, 0);
        queues[Tx].Offer(0, (Buffers, 100, false));
        driver.Notify(Tx);
        Assert.NotNull(queues[Tx].TakeUsed());
        Assert.Equal(1, Metrics(driver).TapLosses);
        Assert.False(driver.NeedsReset);
    }
}
