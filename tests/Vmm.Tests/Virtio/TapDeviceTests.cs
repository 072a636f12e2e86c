using MicroVm.Vmm.Control;
using MicroVm.Vmm.Devices.Virtio.Net;
using MicroVm.Vmm.Interop.Linux;
using static MicroVm.Vmm.Tests.Virtio.NetworkNamespace;

namespace MicroVm.Vmm.Tests.Virtio;

/// <summary>The network device over a tap of the kernel.</summary>
public sealed class TapDeviceTests
{
    private const int Rx = 0;
    private const int Tx = 1;
    private const int Busy = 16;
    private const int Invalid = 22;
    private const ulong TxPacket = TestDriver.HighStart;
    private const string Tap = "mvmtest0";

    /// <summary>Who has 192.0.2.1? Tell 192.0.2.2 at 06:00:00:00:00:02. A header of zeros in front, 42 bytes.</summary>
    private static readonly byte[] s_arpRequest =
    [
        .. new byte[NetHeader.SizeBytes],
        0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 6, 0, 0, 0, 0, 2, 8, 6,
        0, 1, 8, 0, 6, 4, 0, 1, 6, 0, 0, 0, 0, 2, 192, 0, 2, 2, 0, 0, 0, 0, 0, 0, 192, 0, 2, 1,
    ];

    private static TestDriver Start(out GuestQueue[] queues)
    {
        TestDriver driver = TestDriver.Start(
            loop => new NetDevice(new NetworkInterfaceConfig("eth0", Tap), loop), out queues, NetFeature.Offloads, queueSize: 64);
        Ip("address", "add", "192.0.2.1/24", "dev", Tap);
        Ip("link", "set", Tap, "up");
        driver.Poke(TxPacket, s_arpRequest);
        for (uint i = 0; i < 64; i++)
        {
            queues[Rx].Offer(i, (TestDriver.Data + (i * 2048), 2048, true));
        }

        driver.Notify(Rx);
        return driver;
    }

    private static NetMetrics Metrics(TestDriver driver) => ((NetDevice)driver.Device).Metrics;

    private static void SendRequest(TestDriver driver, GuestQueue queue)
    {
        queue.Offer(0, (TxPacket, (uint)s_arpRequest.Length, false));
        driver.Notify(Tx);
        Assert.NotNull(queue.TakeUsed());
    }

    /// <summary>Whether 192.0.2.1 answers; other packets of the host (IPv6 says much by itself) are passed over.</summary>
    private static bool TryReceiveReply(TestDriver driver, GuestQueue queue)
    {
        for (int wakeUps = 0; wakeUps < 50; wakeUps++)
        {
            driver.Loop.RunOnce(100);
            while (queue.TakeUsed() is { } used)
            {
                byte[] packet = driver.Peek(TestDriver.Data + (used.Head * 2048), 54);
                if (packet[24..26] is [8, 6] && packet[32..34] is [0, 2] && packet[40..44] is [192, 0, 2, 1])
                {
                    Assert.Equal((42 + NetHeader.SizeBytes, 1), ((int)used.WrittenBytes, packet[NetHeader.BufferCountOffset]));
                    return true;
                }
            }
        }

        return false;
    }

    [Fact]
    public void Tap_ArpRequestOfTheGuest_IsAnsweredByTheHost() => Run(() =>
    {
        using TestDriver driver = Start(out GuestQueue[] queues);
        SendRequest(driver, queues[Tx]);
        Assert.True(TryReceiveReply(driver, queues[Rx]));
        Assert.Equal((1, 0, 0), (Metrics(driver).TxPackets, Metrics(driver).OffloadFaults, Metrics(driver).TxTapFaults));
    });

    [Fact]
    public void Tap_ThatIsDown_RefusesPacketsAndWorksAgainWhenUp() => Run(() =>
    {
        using TestDriver driver = Start(out GuestQueue[] queues);
        Ip("link", "set", Tap, "down");
        SendRequest(driver, queues[Tx]);
        Assert.Equal((0, 1), (Metrics(driver).TxPackets, Metrics(driver).TxTapFaults));
        Ip("link", "set", Tap, "up");
        SendRequest(driver, queues[Tx]);
        Assert.True(TryReceiveReply(driver, queues[Rx]));
    });

    [Fact]
    public void Tap_ThatIsDeleted_IsLostAndTheDeviceLives() => Run(() =>
    {
        using TestDriver driver = Start(out GuestQueue[] queues);
        Ip("link", "delete", Tap);
        driver.Pump();
        Assert.Equal(1, Metrics(driver).TapLosses);
        SendRequest(driver, queues[Tx]);
        driver.Pump();
        Assert.Equal((1, 1), (Metrics(driver).TapLosses, Metrics(driver).TxTapFaults));
        Assert.False(driver.NeedsReset);
    });

    [Fact]
    public void Packet_WithAHeaderThatLies_IsRefusedByTheHostAndCounted() => Run(() =>
    {
        using TestDriver driver = Start(out GuestQueue[] queues);

        // VIRTIO_NET_HDR_F_NEEDS_CSUM far behind the packet's end; TCPv4 segmentation of a segment size 0.
        driver.Poke(TxPacket, [1, 1, 0xff, 0xff, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]);
        SendRequest(driver, queues[Tx]);
        Assert.Equal(1, Metrics(driver).TxTapFaults);
        driver.Poke(TxPacket, s_arpRequest);
        SendRequest(driver, queues[Tx]);
        Assert.True(TryReceiveReply(driver, queues[Rx]));
    });

    [Fact]
    public void Open_OfATapInUse_NamesItAndErrno() => Run(() =>
    {
        using var first = new TapDevice(Tap);
        OsFaultException fault = Assert.Throws<OsFaultException>(() => new TapDevice(Tap));
        Assert.Equal(Busy, fault.Errno);
        Assert.Contains(Tap, fault.Message, StringComparison.Ordinal);
    });

    [Theory]
    [InlineData("lo")]
    [InlineData("a_name_that_is_too_long")]
    public void Open_OfWhatCanBeNoTap_NamesItAndErrno(string name) => Run(() =>
    {
        OsFaultException fault = Assert.Throws<OsFaultException>(() => new TapDevice(name));
        Assert.Equal(Invalid, fault.Errno);
        Assert.Contains(name, fault.Message, StringComparison.Ordinal);
    });
}
