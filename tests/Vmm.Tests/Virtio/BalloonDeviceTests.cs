using System.Buffers.Binary;
using System.Runtime.InteropServices;
using MicroVm.Vmm.Control;
using MicroVm.Vmm.Devices.Virtio;
using MicroVm.Vmm.Devices.Virtio.Balloon;
using MicroVm.Vmm.Devices.Virtio.Transport;
using MicroVm.Vmm.Memory;

namespace MicroVm.Vmm.Tests.Virtio;

public sealed class BalloonDeviceTests
{
    private const ulong PageSize = 4096;

    // Pages that a test gives up, filled with ones beforehand.
    private const ulong Victims = 2 << 20;
    private const uint FirstVictim = (uint)(Victims / PageSize);

    private static readonly byte[] s_ones = [.. Enumerable.Repeat((byte)1, 16 * (int)PageSize)];

    private static TestDriver NewDriver(out GuestQueue[] queues, BalloonConfig? config = null)
    {
        config ??= new BalloonConfig(1, true, 1, true);
        ulong features = (config.StatsPollingIntervalSeconds > 0 ? BalloonFeature.Statistics : 0)
            | (config.FreePageReporting ? BalloonFeature.PageReporting : 0);
        TestDriver driver = TestDriver.Start(loop => new BalloonDevice(config, loop), out queues, features);
        driver.Poke(Victims, s_ones);
        return driver;
    }

    private static BalloonDevice Balloon(TestDriver driver) => (BalloonDevice)driver.Device;

    private static void Inflate(TestDriver driver, GuestQueue queue, params uint[] pages)
    {
        driver.Poke(TestDriver.Data, MemoryMarshal.AsBytes(pages.AsSpan()));
        queue.Offer(0, (TestDriver.Data, (uint)pages.Length * sizeof(uint), false));
        driver.Notify(0);
    }

    private static bool IsZero(TestDriver driver, uint page) => driver.Peek(page * PageSize, (int)PageSize).All(b => b == 0);

    private static byte[] Entries(params (ushort Tag, ulong Value)[] entries)
    {
        byte[] bytes = new byte[entries.Length * BalloonStatistics.EntryBytes];
        for (int i = 0; i < entries.Length; i++)
        {
            BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(i * BalloonStatistics.EntryBytes), entries[i].Tag);
            BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan((i * BalloonStatistics.EntryBytes) + 2), entries[i].Value);
        }

        return bytes;
    }

    private static void OfferStatistics(TestDriver driver, GuestQueue queue, uint descriptor, byte[] bytes)
    {
        driver.Poke(TestDriver.Data, bytes);
        queue.Offer(descriptor, (TestDriver.Data, (uint)bytes.Length, false));
        driver.Notify(2);
    }

    [Fact]
    public void Layout_OfConfigurationAndStatistics_IsTheHeaders()
    {
        CHeaderAssertions c = new("linux/types.h", "linux/virtio_balloon.h");
        c.Offsets<BalloonConfigSpace>("struct virtio_balloon_config", ("TargetPages", "num_pages"), ("ActualPages", "actual"), ("HintingCommand", "free_page_hint_cmd_id"))
            .Equal("sizeof(struct virtio_balloon_stat)", BalloonStatistics.EntryBytes)
            .Equal("1UL << VIRTIO_BALLOON_F_STATS_VQ", BalloonFeature.Statistics)
            .Equal("1UL << VIRTIO_BALLOON_F_DEFLATE_ON_OOM", BalloonFeature.DeflateOnOutOfMemory)
            .Equal("1UL << VIRTIO_BALLOON_F_FREE_PAGE_HINT", BalloonFeature.FreePageHinting)
            .Equal("VIRTIO_BALLOON_CMD_ID_STOP", HintingState.Stop)
            .Equal("VIRTIO_BALLOON_CMD_ID_DONE", HintingState.Done)
            .Equal("1UL << VIRTIO_BALLOON_F_REPORTING", BalloonFeature.PageReporting)
            .Equal("VIRTIO_BALLOON_S_MEMFREE", 4)
            .Equal("VIRTIO_BALLOON_S_HTLB_PGFAIL", 9);
        Assert.Equal("", c.Compile());
    }

    [Theory]
    [InlineData(false, 0, false, 2, 0UL)]
    [InlineData(true, 0, false, 2, BalloonFeature.DeflateOnOutOfMemory)]
    [InlineData(false, 1, false, 3, BalloonFeature.Statistics)]
    [InlineData(false, 0, true, 3, BalloonFeature.PageReporting)]
    [InlineData(true, 1, true, 4, BalloonFeature.DeflateOnOutOfMemory | BalloonFeature.Statistics | BalloonFeature.PageReporting)]
    public void Features_AndQueues_AreThoseOfTheConfiguration(bool deflates, int interval, bool reports, int queues, ulong features)
    {
        using TestDriver driver = new(loop => new BalloonDevice(new BalloonConfig(0, deflates, interval, reports), loop));
        Assert.Equal(queues, driver.Device.QueueMaxSizes.Length);
        Assert.Equal(features, driver.Device.OfferedFeatures);
    }

    [Fact]
    public void Inflate_PagesInAnyOrder_GivesExactlyThoseBack()
    {
        using TestDriver driver = NewDriver(out GuestQueue[] queues);
        Inflate(driver, queues[0], FirstVictim + 3, FirstVictim + 2, FirstVictim + 1, FirstVictim + 9, FirstVictim + 5, FirstVictim + 6);
        Assert.Equal(0u, queues[0].TakeUsed()!.Value.WrittenBytes);
        Assert.Equal(
            [0u, 4, 7, 8, 10, 11, 12, 13, 14, 15],
            Enumerable.Range(0, 16).Select(i => (uint)i).Where(i => !IsZero(driver, FirstVictim + i)));
        Assert.Equal((1, 6, 0), (Balloon(driver).Metrics.Inflations, Balloon(driver).Metrics.InflatedPages, Balloon(driver).Metrics.FailedDiscards));
    }

    [Fact]
    public void Inflate_TheSamePageAgainAndAgain_IsHarmless()
    {
        using TestDriver driver = NewDriver(out GuestQueue[] queues);
        Inflate(driver, queues[0], [.. Enumerable.Repeat(FirstVictim, 500), FirstVictim + 1, FirstVictim, FirstVictim + 1]);
        Assert.NotNull(queues[0].TakeUsed());
        Assert.True(IsZero(driver, FirstVictim) && IsZero(driver, FirstVictim + 1) && !IsZero(driver, FirstVictim + 2));
        Assert.False(driver.NeedsReset);
    }

    [Fact]
    public void Inflate_PagesOutsideMemory_AreCountedAndTheOthersGivenBack()
    {
        using TestDriver driver = NewDriver(out GuestQueue[] queues);
        uint hole = (uint)(TestDriver.LowEnd / PageSize);
        uint end = (uint)(TestDriver.HighEnd / PageSize);
        Inflate(driver, queues[0], hole, FirstVictim, uint.MaxValue, uint.MaxValue - 1, end, FirstVictim + 1, hole - 1);
        Assert.NotNull(queues[0].TakeUsed());
        Assert.Equal((4, 3), (Balloon(driver).Metrics.PagesOutsideMemory, Balloon(driver).Metrics.InflatedPages));
        Assert.True(IsZero(driver, FirstVictim) && IsZero(driver, FirstVictim + 1));
        Assert.False(driver.NeedsReset);
    }

    [Theory]
    [InlineData(0u)]
    [InlineData(3u)]
    [InlineData(7u)]
    [InlineData(BalloonDevice.MaxRequestBytes + 4u)]
    [InlineData(1u << 20)]
    public void Inflate_OddOrHugeLengths_AreReturnedWithoutEffect(uint length)
    {
        using TestDriver driver = NewDriver(out GuestQueue[] queues);
        driver.Poke(TestDriver.Data, MemoryMarshal.AsBytes((uint[])[FirstVictim, FirstVictim]));
        queues[0].Offer(0, (TestDriver.Data, length, false));
        driver.Notify(0);
        Assert.NotNull(queues[0].TakeUsed());
        Assert.Equal((1, 0), (Balloon(driver).Metrics.MalformedRequests, Balloon(driver).Metrics.InflatedPages));
        Assert.False(IsZero(driver, FirstVictim));
    }

    [Fact]
    public void Inflate_ListOutsideMemory_NeedsReset()
    {
        using TestDriver driver = NewDriver(out GuestQueue[] queues);
        queues[0].Offer(0, (TestDriver.HighEnd - 4, 8, false));
        driver.Notify(0);
        Assert.True(driver.NeedsReset);
        Assert.Equal(1, driver.Transport.Metrics.GuestFaults);
    }

    [Fact]
    public void Inflate_MoreRequestsThanOneTurnTakes_AreServedInSeveral()
    {
        using TestDriver driver = TestDriver.Start(
            loop => new BalloonDevice(new BalloonConfig(0, false), loop), out GuestQueue[] queues, queueSize: 64);
        driver.Poke(TestDriver.Data, BitConverter.GetBytes(FirstVictim));
        for (uint i = 0; i < 40; i++)
        {
            queues[0].Offer(i, (TestDriver.Data, 4, false));
        }

        driver.Notify(0);
        Assert.Equal(40, Balloon(driver).Metrics.Inflations);
        Assert.Equal((ushort)40, queues[0].UsedIndex);
    }

    [Fact]
    public void Deflate_IsReturnedAndThePagesWorkAgain()
    {
        using TestDriver driver = NewDriver(out GuestQueue[] queues);
        Inflate(driver, queues[0], FirstVictim);
        queues[1].Offer(0, (TestDriver.Data, 4, false));
        driver.Notify(1);
        Assert.NotNull(queues[1].TakeUsed());
        Assert.Equal(1, Balloon(driver).Metrics.Deflations);
        driver.Poke(Victims, [7]);
        Assert.Equal([7, 0], driver.Peek(Victims, 2));
    }

    [Theory]
    [InlineData(uint.MaxValue, 1)]
    [InlineData(2049u, 1)]
    [InlineData(2048u, 0)]
    public void Actual_AnyValue_IsShownAsTheGuestSaysAndCountedWhenImpossible(uint pages, long impossible)
    {
        using TestDriver driver = NewDriver(out _);
        driver.Write(MmioRegister.Config + 4, pages);
        Assert.Equal(pages, driver.Read(MmioRegister.Config + 4));
        Assert.Equal(pages, Balloon(driver).ActualPages);
        Assert.Equal(impossible, Balloon(driver).Metrics.ImpossibleActuals);
        driver.SetStatus(0);
        Assert.Equal(0u, Balloon(driver).ActualPages);
    }

    [Fact]
    public void Config_OtherWrites_ChangeNothing()
    {
        using TestDriver driver = NewDriver(out _);
        driver.Write(MmioRegister.Config, 77);
        driver.Transport.Write(MmioRegister.Config + 4, [1]);
        driver.Transport.Write(MmioRegister.Config + 5, [1, 1, 1, 1]);
        driver.Write(MmioRegister.Config + 8, 77);
        Assert.Equal(256u, driver.Read(MmioRegister.Config));
        Assert.Equal(0u, driver.Read(MmioRegister.Config + 4));
        Assert.Equal(0u, driver.Read(MmioRegister.Config + 8));
    }

    [Fact]
    public void Target_Changed_InterruptsTheGuestWithANewGeneration()
    {
        using TestDriver driver = NewDriver(out _);
        uint generation = driver.Read(MmioRegister.ConfigGeneration);
        Balloon(driver).SetTarget(3);
        Assert.Equal(768u, driver.Read(MmioRegister.Config));
        Assert.Equal(2u, driver.Read(MmioRegister.InterruptStatus));
        Assert.Equal(generation + 1, driver.Read(MmioRegister.ConfigGeneration));
    }

    [Fact]
    public void Target_ChangedBeforeTheDriverRuns_IsThereWhenItDoes()
    {
        using TestDriver driver = new(loop => new BalloonDevice(new BalloonConfig(0, false), loop));
        Balloon(driver).SetTarget(2);
        Assert.Equal(0u, driver.Read(MmioRegister.InterruptStatus));
        driver.Start();
        Assert.Equal(512u, driver.Read(MmioRegister.Config));
    }

    [Fact]
    public void Report_FreeRanges_AreGivenBack()
    {
        using TestDriver driver = NewDriver(out GuestQueue[] queues);
        queues[3].Offer(0, (Victims, 2 * (uint)PageSize, true), (Victims + (4 * PageSize), (uint)PageSize, true));
        driver.Notify(3);
        Assert.NotNull(queues[3].TakeUsed());
        Assert.True(IsZero(driver, FirstVictim) && IsZero(driver, FirstVictim + 1) && IsZero(driver, FirstVictim + 4));
        Assert.False(IsZero(driver, FirstVictim + 2) || IsZero(driver, FirstVictim + 5));
        Assert.Equal((1, 3 * (long)PageSize), (Balloon(driver).Metrics.Reports, Balloon(driver).Metrics.ReportedBytes));
    }

    [Theory]
    [InlineData(Victims + 1, 4096u)]
    [InlineData(Victims, 4095u)]
    [InlineData(Victims + 8, 8192u)]
    public void Report_RaggedRange_IsCountedAndKept(ulong address, uint length)
    {
        using TestDriver driver = NewDriver(out GuestQueue[] queues);
        queues[3].Offer(0, (address, length, true));
        driver.Notify(3);
        Assert.NotNull(queues[3].TakeUsed());
        Assert.Equal((1, 0), (Balloon(driver).Metrics.FailedDiscards, Balloon(driver).Metrics.ReportedBytes));
        Assert.Equal(s_ones, driver.Peek(Victims, s_ones.Length));
    }

    [Fact]
    public void Report_OutsideMemory_NeedsReset()
    {
        using TestDriver driver = NewDriver(out GuestQueue[] queues);
        queues[3].Offer(0, (TestDriver.LowEnd - PageSize, 2 * (uint)PageSize, true));
        driver.Notify(3);
        Assert.True(driver.NeedsReset);
    }

    [Fact]
    public void Report_WithoutStatisticsAccepted_IsTheThirdQueue()
    {
        TestDriver driver = TestDriver.Start(
            loop => new BalloonDevice(new BalloonConfig(0, false, 1, true), loop), out GuestQueue[] queues, BalloonFeature.PageReporting);
        using (driver)
        {
            driver.Poke(Victims, s_ones);
            queues[2].Offer(0, (Victims, (uint)PageSize, true));
            driver.Notify(2);
            driver.Notify(3);
            Assert.Equal(1, Balloon(driver).Metrics.Reports);
            Assert.True(IsZero(driver, FirstVictim));
        }
    }

    [Fact]
    public void Activate_QueueOfAFeatureThatWasNotAccepted_NeedsNoSetUp()
    {
        using TestDriver driver = new(loop => new BalloonDevice(new BalloonConfig(0, false, 1, true), loop));
        driver.Negotiate(VirtioFeature.Version1);
        driver.SetUpQueue(0, 16);
        driver.SetUpQueue(1, 16);
        driver.SetStatus(DeviceStatus.Acknowledge | DeviceStatus.Driver | DeviceStatus.FeaturesOk | DeviceStatus.DriverOk);
        Assert.False(driver.NeedsReset);
    }

    [Fact]
    public void Statistics_Offered_AreTakenAndTheBufferIsHeldUntilTheTimer()
    {
        using TestDriver driver = NewDriver(out GuestQueue[] queues);
        OfferStatistics(driver, queues[2], 0, Entries((4, 1000), (5, 2000), (99, 1), (4, 1001)));
        BalloonStatistics statistics = Balloon(driver).Statistics;
        Assert.Equal((1001UL, 2000UL, (ulong?)null), (statistics[4], statistics[5], statistics[0]));
        Assert.Null(queues[2].TakeUsed());

        // The timer of one second.
        driver.Loop.RunOnce(10_000);
        Assert.Equal(0u, queues[2].TakeUsed()!.Value.Head);
        OfferStatistics(driver, queues[2], 0, Entries((0, 5)));
        Assert.Equal((5UL, (ulong?)null), (statistics[0], statistics[4]));
        Assert.Equal(2, Balloon(driver).Metrics.StatisticsUpdates);
    }

    [Fact]
    public void Statistics_SecondBufferWhileOneIsHeld_StaysInTheRing()
    {
        using TestDriver driver = NewDriver(out GuestQueue[] queues);
        OfferStatistics(driver, queues[2], 0, Entries((4, 1)));
        OfferStatistics(driver, queues[2], 1, Entries((4, 2)));
        Assert.Equal(1UL, Balloon(driver).Statistics[4]);
        driver.Loop.RunOnce(10_000);
        Assert.Equal(0u, queues[2].TakeUsed()!.Value.Head);
        Assert.Null(queues[2].TakeUsed());
        Assert.Equal(2UL, Balloon(driver).Statistics[4]);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(9)]
    [InlineData(11)]
    [InlineData(BalloonStatistics.MaxBytes + BalloonStatistics.EntryBytes)]
    public void Statistics_OfOddLength_AreNotTaken(int length)
    {
        using TestDriver driver = NewDriver(out GuestQueue[] queues);
        OfferStatistics(driver, queues[2], 0, new byte[length]);
        Assert.Equal((1, 0), (Balloon(driver).Metrics.MalformedRequests, Balloon(driver).Metrics.StatisticsUpdates));
        Assert.False(driver.NeedsReset);
    }

    [Fact]
    public void Reset_WhileStatisticsAreHeld_ForgetsThem()
    {
        using TestDriver driver = NewDriver(out GuestQueue[] queues);
        OfferStatistics(driver, queues[2], 0, Entries((4, 1)));
        driver.SetStatus(0);
        Assert.Null(Balloon(driver).Statistics[4]);
        queues = driver.Start(BalloonFeature.Statistics | BalloonFeature.PageReporting);
        OfferStatistics(driver, queues[2], 3, Entries((4, 2)));
        driver.Loop.RunOnce(10_000);
        Assert.Equal(3u, queues[2].TakeUsed()!.Value.Head);
    }

    [Fact]
    public void Inflate_InSteadyState_AllocatesNothing()
    {
        using TestDriver driver = NewDriver(out GuestQueue[] queues);
        Inflate(driver, queues[0], FirstVictim, FirstVictim + 2, FirstVictim + 3);
        for (int i = 0; i < 100; i++)
        {
            RoundTrip();
        }

        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 500; i++)
        {
            RoundTrip();
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.Equal(601, Balloon(driver).Metrics.Inflations);

        void RoundTrip()
        {
            queues[0].MakeAvailable(0);
            driver.Write(MmioRegister.QueueNotify, 0);
            driver.Loop.RunOnce(0);
        }
    }
}
