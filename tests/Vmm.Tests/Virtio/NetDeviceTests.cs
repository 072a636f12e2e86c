using MicroVm.Vmm.Control;
using MicroVm.Vmm.Devices.Virtio;
using MicroVm.Vmm.Devices.Virtio.Net;
using MicroVm.Vmm.Devices.Virtio.Queue;
using MicroVm.Vmm.Devices.Virtio.Transport;
using MicroVm.Vmm.EventLoop;
using MicroVm.Vmm.Tests.RateLimiting;
using static MicroVm.Vmm.Tests.Virtio.NetGuest;

namespace MicroVm.Vmm.Tests.Virtio;

public sealed class NetDeviceTests
{
    // Long enough that a test held up by its machine still sees the bucket empty.
    private const int RefillMilliseconds = 500;
    private const int IoError = 5;

    [Fact]
    public void Config_WithAddressAndMtu_IsReadAndOffered()
    {
        var config = new NetworkInterfaceConfig("eth0", "tap0", new MacAddress(0x0600_c0a8_0002), 9000);
        using TestDriver driver = Start(new PlayedBackend(), out _, config: config);
        byte[] space = new byte[16];
        driver.Device.ReadConfig(0, space);
        Assert.Equal([0x06, 0x00, 0xc0, 0xa8, 0x00, 0x02, 0, 0, 0, 0, 0x28, 0x23, 0, 0, 0, 0], space);
        Assert.Equal(NetFeature.Mac | NetFeature.Mtu, driver.Device.OfferedFeatures & ~NetFeature.Offloads);
        Assert.Equal("network-interfaces/eth0", driver.Device.Name);
    }

    [Fact]
    public void Features_WithoutAddressAndMtu_AreTheOffloads()
    {
        using TestDriver driver = Start(new PlayedBackend(), out _);
        Assert.Equal(NetFeature.Offloads, driver.Device.OfferedFeatures);
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(NetFeature.LargeReceive, 0)]
    [InlineData(NetFeature.GuestChecksum, TapOffload.Checksum)]
    [InlineData(NetFeature.GuestChecksum | NetFeature.GuestTso4, TapOffload.Checksum | TapOffload.Tso4)]
    [InlineData(NetFeature.Offloads, TapOffload.Checksum | TapOffload.Tso4 | TapOffload.Tso6 | TapOffload.Ufo)]
    public void Activation_TellsTheTapWhatTheGuestTakes(ulong features, uint expected)
    {
        var backend = new PlayedBackend();
        using TestDriver driver = Start(backend, out _, features);
        Assert.Equal(expected, backend.Offloads);
    }

    [Fact]
    public void Transmit_OverSeveralBuffers_IsOnePacketWithItsHeader()
    {
        var backend = new PlayedBackend();
        using TestDriver driver = Start(backend, out GuestQueue[] queues);
        byte[] packet = Packet(100);
        packet[0] = 1;
        driver.Poke(Buffers, packet);
        queues[Tx].Offer(0, (Buffers, 5, false), (Buffers + 5, 20, false), (Buffers + 25, 87, false));
        driver.Notify(Tx);
        Assert.Equal(packet, Assert.Single(backend.Sent));
        Assert.Equal(0u, queues[Tx].TakeUsed()!.Value.WrittenBytes);
        Assert.Equal((1, 100), (Metrics(driver).TxPackets, Metrics(driver).TxBytes));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(11)]
    [InlineData(NetHeader.SizeBytes + 13)]
    [InlineData(NetDevice.LargestPacketBytes + 1)]
    public void Transmit_OfAnImpossibleLength_IsDroppedAndCounted(uint bytes)
    {
        var backend = new PlayedBackend();
        using TestDriver driver = Start(backend, out GuestQueue[] queues);
        queues[Tx].Offer(0, (Buffers, bytes, false));
        driver.Notify(Tx);
        Assert.NotNull(queues[Tx].TakeUsed());
        Assert.Empty(backend.Sent);
        Assert.Equal(1, Metrics(driver).TxMalformed);
        Assert.False(driver.NeedsReset);
    }

    [Fact]
    public void Transmit_OfOnlyWritableBuffers_IsDroppedAndCounted()
    {
        using TestDriver driver = Start(new PlayedBackend(), out GuestQueue[] queues);
        queues[Tx].Offer(0, (Buffers, 100, true));
        driver.Notify(Tx);
        Assert.NotNull(queues[Tx].TakeUsed());
        Assert.Equal(1, Metrics(driver).TxMalformed);
    }

    [Fact]
    public void Transmit_ManyPackets_IsOneInterrupt()
    {
        var backend = new PlayedBackend();
        using TestDriver driver = Start(backend, out GuestQueue[] queues);
        int before = driver.Interrupt.Edges;
        for (uint i = 0; i < 16; i++)
        {
            queues[Tx].Offer(i, (Buffers, 100, false));
        }

        driver.Notify(Tx);
        Assert.Equal(16, backend.Sent.Count);
        Assert.Equal(before + 1, driver.Interrupt.Edges);
    }

    [Fact]
    public void Transmit_IntoATapThatIsDown_IsDroppedAndCounted()
    {
        var backend = new PlayedBackend { SendFault = IoError };
        using TestDriver driver = Start(backend, out GuestQueue[] queues);
        queues[Tx].Offer(0, (Buffers, 100, false));
        driver.Notify(Tx);
        Assert.NotNull(queues[Tx].TakeUsed());
        Assert.Equal((0, 1), (Metrics(driver).TxPackets, Metrics(driver).TxTapFaults));
        backend.SendFault = 0;
        queues[Tx].Offer(0, (Buffers, 100, false));
        driver.Notify(Tx);
        Assert.Equal(1, Metrics(driver).TxPackets);
    }

    /// <summary>Waits for the loop's timers; the limiter may look several times before the bucket is full enough.</summary>
    private static void PumpUntil(TestDriver driver, Func<bool> reached)
    {
        for (int wakeUps = 0; wakeUps < 100 && !reached(); wakeUps++)
        {
            driver.Loop.RunOnce(10_000);
        }
    }

    [Fact]
    public void Transmit_OverTheRateLimit_WaitsInOrder()
    {
        var backend = new PlayedBackend();
        var config = new NetworkInterfaceConfig("eth0", "tap0", TxRateLimiter: new(new(100, null, RefillMilliseconds), null));
        using TestDriver driver = Start(backend, out GuestQueue[] queues, config: config);
        driver.Poke(Buffers, Packet(100, 1));
        driver.Poke(Buffers + 0x1000, Packet(100, 2));
        queues[Tx].Offer(0, (Buffers, 112, false));
        queues[Tx].Offer(1, (Buffers + 0x1000, 112, false));
        driver.Notify(Tx);
        Assert.Single(backend.Sent);
        Assert.Equal(1, Metrics(driver).TxThrottled);
        PumpUntil(driver, () => backend.Sent.Count == 2);
        Assert.Equal(new byte[] { 1, 2 }, backend.Sent.Select(packet => packet[NetHeader.SizeBytes]));
    }

    [Fact]
    public void Receive_OfASmallPacket_FillsOneBuffer()
    {
        var backend = new PlayedBackend();
        using TestDriver driver = Start(backend, out GuestQueue[] queues);
        OfferBuffers(queues[Rx], 4);
        driver.Notify(Rx);
        backend.Play(Packet(60));
        driver.Pump();
        Assert.Equal(new UsedElement { Head = 0, WrittenBytes = 72 }, queues[Rx].TakeUsed());
        Assert.Null(queues[Rx].TakeUsed());
        Assert.Equal(1, BufferCount(driver, Buffers));
        Assert.All(driver.Peek(Buffers + NetHeader.SizeBytes, 60), b => Assert.Equal(0x5a, b));
    }

    [Fact]
    public void Receive_OfALargePacket_FillsMergedBuffersAndShowsThemAtOnce()
    {
        var backend = new PlayedBackend();
        using TestDriver driver = Start(backend, out GuestQueue[] queues, NetFeature.MergeableBuffers | NetFeature.LargeReceive, queueSize: 64);
        OfferBuffers(queues[Rx], 64);
        driver.Notify(Rx);
        byte[] packet = Packet(4000);
        backend.Play(packet);
        driver.Pump();
        Assert.Equal((ushort)3, queues[Rx].UsedIndex);
        Assert.Equal(3, BufferCount(driver, Buffers));
        Assert.Equal([1536u, 1536u, 940u], Enumerable.Range(0, 3).Select(_ => queues[Rx].TakeUsed()!.Value.WrittenBytes));
        Assert.All(driver.Peek(Buffers + NetHeader.SizeBytes, 4000), b => Assert.Equal(0x5a, b));
        Assert.Equal(0, driver.Peek(Buffers + NetHeader.SizeBytes + 4000, 1)[0]);
    }

    [Fact]
    public void Receive_WithTheHeaderSplit_WritesTheBufferCount()
    {
        var backend = new PlayedBackend();
        using TestDriver driver = Start(backend, out GuestQueue[] queues);
        driver.Poke(Buffers, [.. Enumerable.Repeat((byte)0xff, 0x100)]);
        queues[Rx].Offer(0, (Buffers, 11, true), (Buffers + 0x80, 2000, true));
        driver.Notify(Rx);
        backend.Play(Packet(60));
        driver.Pump();
        Assert.Equal(72u, queues[Rx].TakeUsed()!.Value.WrittenBytes);
        Assert.Equal((1, 0), (driver.Peek(Buffers + 10, 1)[0], driver.Peek(Buffers + 0x80, 1)[0]));
    }

    [Fact]
    public void Receive_WithoutMergeableBuffers_DropsWhatOneChainCannotHold()
    {
        var backend = new PlayedBackend();
        using TestDriver driver = Start(backend, out GuestQueue[] queues, features: 0);
        OfferBuffers(queues[Rx], 4);
        driver.Notify(Rx);
        backend.Play(Packet(4000));
        backend.Play(Packet(60, 7));
        driver.Pump();
        Assert.Equal(new UsedElement { Head = 0, WrittenBytes = 72 }, queues[Rx].TakeUsed());
        Assert.Equal((1, 1), (Metrics(driver).RxOversized, Metrics(driver).RxPackets));
        Assert.Equal(1, BufferCount(driver, Buffers));
        Assert.Equal(7, driver.Peek(Buffers + NetHeader.SizeBytes, 1)[0]);
    }

    [Fact]
    public void Receive_ExactlyTheRoom_IsNoOversizedPacket()
    {
        var backend = new PlayedBackend();
        using TestDriver driver = Start(backend, out GuestQueue[] queues, features: 0);
        OfferBuffers(queues[Rx], 1);
        driver.Notify(Rx);
        backend.Play(Packet((int)BufferBytes - NetHeader.SizeBytes));
        driver.Pump();
        Assert.Equal(BufferBytes, queues[Rx].TakeUsed()!.Value.WrittenBytes);
    }

    [Fact]
    public void Receive_WithoutBuffers_LeavesTheTapAloneUntilSomeCome()
    {
        var backend = new PlayedBackend { Flood = Packet(60) };
        using TestDriver driver = Start(backend, out GuestQueue[] queues);
        backend.Wake();
        driver.Pump(100);
        Assert.Equal(0, backend.ReceiveCalls);
        OfferBuffers(queues[Rx], 16);
        driver.Notify(Rx);
        Assert.Equal((ushort)16, queues[Rx].UsedIndex);
        int calls = backend.ReceiveCalls;
        driver.Pump(100);
        Assert.Equal(calls, backend.ReceiveCalls);
        Assert.Equal(2, Metrics(driver).RxOutOfBuffers);
    }

    [Fact]
    public void Receive_Flood_LeavesTheLoopAfterEachBatch()
    {
        var backend = new PlayedBackend { Flood = Packet(60) };
        using TestDriver driver = Start(backend, out GuestQueue[] queues, features: 0, queueSize: 256);
        OfferBuffers(queues[Rx], 256);
        driver.Write(MmioRegister.QueueNotify, Rx);
        driver.Loop.RunOnce(0);
        Assert.Equal((ushort)NetDevice.BatchPackets, queues[Rx].UsedIndex);
        backend.Wake();
        driver.Pump();
        Assert.Equal((ushort)256, queues[Rx].UsedIndex);
    }

    [Fact]
    public void Receive_WithARingTooSmallForTheLargestPacket_UsesWhatThereIs()
    {
        var backend = new PlayedBackend();
        using TestDriver driver = Start(backend, out GuestQueue[] queues, NetFeature.MergeableBuffers | NetFeature.LargeReceive);
        OfferBuffers(queues[Rx], 16);
        driver.Notify(Rx);
        for (int i = 0; i < 16; i++)
        {
            backend.Play(Packet(60));
        }

        // A quarter of the ring is kept ready for large packets; a driver refills before that.
        driver.Pump();
        Assert.Equal((ushort)13, queues[Rx].UsedIndex);
        Assert.Equal(3, backend.Waiting);
    }

    [Fact]
    public void Receive_ManyPackets_IsOneInterrupt()
    {
        var backend = new PlayedBackend();
        using TestDriver driver = Start(backend, out GuestQueue[] queues, features: 0);
        OfferBuffers(queues[Rx], 16);
        driver.Notify(Rx);
        int before = driver.Interrupt.Edges;
        for (int i = 0; i < 10; i++)
        {
            backend.Play(Packet(60));
        }

        driver.Pump();
        Assert.Equal((ushort)10, queues[Rx].UsedIndex);
        Assert.Equal(before + 1, driver.Interrupt.Edges);
    }

    [Fact]
    public void Receive_WithEventIndex_AsksForANotificationOnlyWhenOutOfBuffers()
    {
        var backend = new PlayedBackend();
        using TestDriver driver = Start(backend, out GuestQueue[] queues, VirtioFeature.EventIndex);
        OfferBuffers(queues[Rx], 2);
        driver.Notify(Rx);
        Assert.Equal((ushort)0, queues[Rx].AvailableEvent);
        backend.Play(Packet(60));
        backend.Play(Packet(60));
        driver.Pump();
        Assert.Equal((ushort)2, queues[Rx].AvailableEvent);
    }

    [Fact]
    public void Receive_OverTheRateLimit_KeepsThePacketUntilTheTimer()
    {
        var backend = new PlayedBackend();
        var config = new NetworkInterfaceConfig("eth0", "tap0", RxRateLimiter: new(null, new(1, null, RefillMilliseconds)));
        using TestDriver driver = Start(backend, out GuestQueue[] queues, features: 0, config: config);
        OfferBuffers(queues[Rx], 4);
        driver.Notify(Rx);
        backend.Play(Packet(60, 1));
        backend.Play(Packet(60, 2));
        driver.Pump();
        Assert.Equal((ushort)1, queues[Rx].UsedIndex);
        PumpUntil(driver, () => queues[Rx].UsedIndex == 2);
        Assert.Equal((ushort)2, queues[Rx].UsedIndex);
        Assert.Equal(2, driver.Peek(Buffers + BufferBytes + NetHeader.SizeBytes, 1)[0]);
    }

    [Fact]
    public void UpdateLimits_OfARunningDevice_LetsWaitingPacketsGo()
    {
        var backend = new PlayedBackend();
        var config = new NetworkInterfaceConfig("eth0", "tap0", TxRateLimiter: new(null, new(1, null, 1_000_000)));
        using TestDriver driver = Start(backend, out GuestQueue[] queues, config: config, clock: new ManualClock());
        queues[Tx].Offer(0, (Buffers, 100, false));
        queues[Tx].Offer(1, (Buffers, 100, false));
        driver.Notify(Tx);
        Assert.Single(backend.Sent);
        ((NetDevice)driver.Device).UpdateLimits(null, new(null, new(0, null, 0)));
        driver.Pump();
        Assert.Equal(2, backend.Sent.Count);
    }

    [Fact]
    public void Packets_InSteadyState_AllocateNothing()
    {
        var backend = new PlayedBackend { KeepsSent = false };
        byte[] packet = Packet(4000);
        using TestDriver driver = Start(backend, out GuestQueue[] queues, NetFeature.MergeableBuffers | NetFeature.LargeReceive, queueSize: 64);
        OfferBuffers(queues[Rx], 64);
        queues[Tx].SetChain(0, (Buffers, 100, false));
        Run(100);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Run(500);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.Equal((600, 600), (Metrics(driver).RxPackets, backend.SentCount));

        void Run(int count)
        {
            for (int i = 0; i < count; i++)
            {
                backend.Play(packet);
                queues[Tx].MakeAvailable(0);
                driver.Write(MmioRegister.QueueNotify, Tx);
                driver.Loop.RunOnce(0);
                driver.Loop.RunOnce(0);
                while (queues[Rx].TakeUsed() is { } used)
                {
                    queues[Rx].MakeAvailable((ushort)used.Head);
                }

                driver.Write(MmioRegister.QueueNotify, Rx);
                driver.Loop.RunOnce(0);
            }
        }
    }
}
