using MicroVm.Vmm.Devices.Virtio;
using MicroVm.Vmm.Devices.Virtio.Transport;

namespace MicroVm.Vmm.Tests.Virtio;

public sealed class VirtioMmioDeviceTests
{
    private const DeviceStatus Running =
        DeviceStatus.Acknowledge | DeviceStatus.Driver | DeviceStatus.FeaturesOk | DeviceStatus.DriverOk;

    private static TestDriver NewDriver() => new(_ => new RecordingDevice());

    private static RecordingDevice Recorded(TestDriver driver) => (RecordingDevice)driver.Device;

    [Fact]
    public void Identity_OfEveryDevice_IsVirtioMmioVersion2()
    {
        using TestDriver driver = NewDriver();
        Assert.Equal(0x74726976u, driver.Read(MmioRegister.MagicValue));
        Assert.Equal(2u, driver.Read(MmioRegister.Version));
        Assert.Equal(2u, driver.Read(MmioRegister.DeviceId));
        Assert.Equal(uint.MaxValue, driver.Read(MmioRegister.SharedMemoryLengthLow));
    }

    [Fact]
    public void Features_ReadInHalves_OfferRingAndDevice()
    {
        using TestDriver driver = NewDriver();
        driver.Write(MmioRegister.DeviceFeaturesSelect, 0);
        Assert.Equal((uint)(RecordingDevice.Feature | VirtioFeature.IndirectDescriptors | VirtioFeature.EventIndex), driver.Read(MmioRegister.DeviceFeatures));
        driver.Write(MmioRegister.DeviceFeaturesSelect, 1);
        Assert.Equal(1u, driver.Read(MmioRegister.DeviceFeatures));
        driver.Write(MmioRegister.DeviceFeaturesSelect, 2);
        Assert.Equal(0u, driver.Read(MmioRegister.DeviceFeatures));
    }

    [Theory]
    [InlineData(0UL)]
    [InlineData(VirtioFeature.Version1 | (1UL << 5))]
    [InlineData(VirtioFeature.Version1 | (1UL << 63))]
    public void FeaturesOk_WithoutVersion1OrWithMoreThanOffered_IsNotSet(ulong features)
    {
        using TestDriver driver = NewDriver();
        driver.Negotiate(features);
        Assert.Equal(DeviceStatus.Acknowledge | DeviceStatus.Driver, driver.Status);
        Assert.Equal(1, driver.Transport.Metrics.RefusedWrites);
    }

    [Fact]
    public void DriverFeatures_AfterFeaturesOk_AreRefused()
    {
        using TestDriver driver = NewDriver();
        driver.Negotiate(VirtioFeature.Version1);
        driver.Write(MmioRegister.DriverFeatures, uint.MaxValue);
        Assert.Equal(1, driver.Transport.Metrics.RefusedWrites);
    }

    [Fact]
    public void DriverOk_WithGoodQueues_ActivatesOnceWithTheAcceptedFeatures()
    {
        using TestDriver driver = NewDriver();
        driver.Start(RecordingDevice.Feature);
        Assert.Equal(Running, driver.Status);
        Assert.Equal(VirtioFeature.Version1 | RecordingDevice.Feature, Recorded(driver).Activation!.Features);
        Assert.Single(Recorded(driver).Calls, "activate");
    }

    [Theory]
    [InlineData(0u)]
    [InlineData(3u)]
    [InlineData(128u)]
    [InlineData(0x10000u)]
    [InlineData(0x80000000u)]
    public void QueueSize_ZeroOrNoPowerOfTwoOrOverMaximum_NeedsReset(uint size)
    {
        using TestDriver driver = NewDriver();
        driver.Negotiate(VirtioFeature.Version1);
        driver.SetUpQueue(0, 16);
        driver.SetUpQueue(1, size, 0x20000, 0x24000, 0x28000);
        driver.SetStatus(Running);
        AssertStopped(driver);
    }

    [Theory]
    [InlineData(0x20008UL, 0x24000UL, 0x28000UL)]
    [InlineData(0x20000UL, 0x24001UL, 0x28000UL)]
    [InlineData(0x20000UL, 0x24000UL, 0x28002UL)]
    [InlineData(TestDriver.LowEnd - 16, 0x24000UL, 0x28000UL)]
    [InlineData(0x20000UL, TestDriver.LowEnd - 4, 0x28000UL)]
    [InlineData(0x20000UL, 0x24000UL, TestDriver.HighStart - 8)]
    [InlineData(0xffff_ffff_ffff_fff0UL, 0x24000UL, 0x28000UL)]
    [InlineData(0x20000UL, 0x24000UL, 0xffff_ffff_ffff_fffcUL)]
    public void QueueAddress_MisalignedOrInAHoleOrWrapping_NeedsReset(ulong descriptors, ulong available, ulong used)
    {
        using TestDriver driver = NewDriver();
        driver.Negotiate(VirtioFeature.Version1);
        driver.SetUpQueue(0, 16);
        driver.SetUpQueue(1, 16, descriptors, available, used);
        driver.SetStatus(Running);
        AssertStopped(driver);
    }

    [Fact]
    public void DriverOk_WithAQueueNotReady_NeedsReset()
    {
        using TestDriver driver = NewDriver();
        driver.Negotiate(VirtioFeature.Version1);
        driver.SetUpQueue(0, 16);
        driver.SetStatus(Running);
        AssertStopped(driver);
    }

    [Fact]
    public void QueueRegisters_AfterDriverOk_AreRefusedAndChangeNothing()
    {
        using TestDriver driver = NewDriver();
        GuestQueue[] queues = driver.Start();
        long before = driver.Transport.Metrics.RefusedWrites;
        driver.SetUpQueue(0, 0x8000, 0xdead0000, 0xdead0000, 0xdead0000);
        driver.Write(MmioRegister.QueueReady, 0);
        Assert.Equal(before + 9, driver.Transport.Metrics.RefusedWrites);

        queues[0].Offer(0, (TestDriver.Data, 64, true));
        driver.Notify(0);
        Assert.Equal(64u, queues[0].TakeUsed()!.Value.WrittenBytes);
    }

    [Fact]
    public void QueueRegisters_WhileReady_AreRefusedUntilUnready()
    {
        using TestDriver driver = NewDriver();
        driver.Negotiate(VirtioFeature.Version1);
        driver.SetUpQueue(0, 16);
        driver.Write(MmioRegister.QueueSize, 3);
        Assert.Equal(1, driver.Transport.Metrics.RefusedWrites);
        driver.Write(MmioRegister.QueueReady, 0);
        driver.Write(MmioRegister.QueueSize, 8);
        Assert.Equal(1, driver.Transport.Metrics.RefusedWrites);
    }

    [Fact]
    public void QueueRegisters_BeforeFeaturesOk_AreRefused()
    {
        using TestDriver driver = NewDriver();
        driver.SetUpQueue(0, 16, 0x10000, 0x14000, 0x18000);
        Assert.Equal(8, driver.Transport.Metrics.RefusedWrites);
        Assert.Equal(0u, driver.Read(MmioRegister.QueueReady));
    }

    [Fact]
    public void QueueSelect_EveryValueTo0xFFFF_IsHarmless()
    {
        using TestDriver driver = NewDriver();
        driver.Negotiate(VirtioFeature.Version1);
        for (uint select = 0; select <= 0xffff; select++)
        {
            driver.Write(MmioRegister.QueueSelect, select);
            Assert.Equal(select switch { 0 => 256u, 1 => 64u, _ => 0u }, driver.Read(MmioRegister.QueueSizeMax));
            driver.Write(MmioRegister.QueueSize, 16);
            Assert.Equal(0u, driver.Read(MmioRegister.QueueReady));
        }

        driver.Write(MmioRegister.QueueSelect, uint.MaxValue);
        driver.Write(MmioRegister.QueueReady, 1);
        Assert.Equal(0xfffe + 1, driver.Transport.Metrics.RefusedWrites);
    }

    [Fact]
    public void Status_BitsOutOfOrder_AreRefused()
    {
        using TestDriver driver = NewDriver();
        driver.SetStatus(Running);
        driver.SetStatus(DeviceStatus.DriverOk);
        driver.SetStatus(DeviceStatus.Driver);
        Assert.Equal(DeviceStatus.None, driver.Status);
        Assert.Equal(3, driver.Transport.Metrics.RefusedWrites);
        Assert.DoesNotContain("activate", Recorded(driver).Calls);
    }

    [Fact]
    public void Status_BitsTakenBackWhileRunning_AreRefusedAndTheDeviceRunsOn()
    {
        using TestDriver driver = NewDriver();
        GuestQueue[] queues = driver.Start();
        driver.SetStatus(DeviceStatus.Acknowledge);
        Assert.Equal(Running, driver.Status);
        queues[0].Offer(0, (TestDriver.Data, 8, true));
        driver.Notify(0);
        Assert.NotNull(queues[0].TakeUsed());
    }

    [Fact]
    public void Status_Failed_StopsTheDeviceUntilReset()
    {
        using TestDriver driver = NewDriver();
        GuestQueue[] queues = driver.Start();
        driver.SetStatus(Running | DeviceStatus.Failed);
        queues[0].Offer(0, (TestDriver.Data, 8, true));
        driver.Notify(0);
        Assert.Null(queues[0].TakeUsed());
        driver.Start();
        Assert.Equal(Running, driver.Status);
    }

    [Fact]
    public void Reset_AfterAFault_BringsTheDeviceBack()
    {
        using TestDriver driver = NewDriver();
        GuestQueue[] queues = driver.Start();
        queues[0].SetAvailableIndex(17);
        driver.Notify(0);
        AssertStopped(driver);

        queues = driver.Start();
        queues[0].Offer(0, (TestDriver.Data, 8, true));
        driver.Notify(0);
        Assert.Equal(8u, queues[0].TakeUsed()!.Value.WrittenBytes);
        Assert.Equal(Running, driver.Status);
    }

    [Fact]
    public void Reset_OfARunningDevice_ForgetsQueuesFeaturesAndInterrupts()
    {
        using TestDriver driver = NewDriver();
        GuestQueue[] queues = driver.Start();
        queues[0].Offer(0, (TestDriver.Data, 8, true));
        driver.Notify(0);
        Assert.Equal(1u, driver.Read(MmioRegister.InterruptStatus));

        driver.SetStatus(DeviceStatus.None);
        Assert.Equal(0u, driver.Read(MmioRegister.InterruptStatus));
        Assert.Equal(DeviceStatus.None, driver.Status);
        Assert.Null(Recorded(driver).Activation);
        driver.Write(MmioRegister.QueueSelect, 0);
        Assert.Equal(0u, driver.Read(MmioRegister.QueueReady));
    }

    [Fact]
    public void InterruptStatus_Acknowledged_KeepsWhatWasNot()
    {
        using TestDriver driver = NewDriver();
        GuestQueue[] queues = driver.Start();
        queues[0].Offer(0, (TestDriver.Data, 8, true));
        driver.Notify(0);
        Assert.Equal(1, driver.Interrupt.Edges);
        driver.Write(MmioRegister.InterruptAck, 2);
        Assert.Equal(1u, driver.Read(MmioRegister.InterruptStatus));
        driver.Write(MmioRegister.InterruptAck, 1);
        Assert.Equal(0u, driver.Read(MmioRegister.InterruptStatus));
    }

    [Fact]
    public void Doorbell_BeforeDriverOk_IsAnsweredAfterIt()
    {
        using TestDriver driver = NewDriver();
        driver.Negotiate(VirtioFeature.Version1);
        GuestQueue queue = driver.SetUpQueue(0, 16);
        driver.SetUpQueue(1, 16);
        queue.Offer(0, (TestDriver.Data, 8, true));
        driver.Notify(0);
        Assert.Null(queue.TakeUsed());
        driver.SetStatus(Running);
        driver.Pump();
        Assert.NotNull(queue.TakeUsed());
    }

    [Theory]
    [InlineData(2u)]
    [InlineData(0xffffu)]
    [InlineData(uint.MaxValue)]
    public void QueueNotify_OfAQueueThatIsNone_IsHarmless(uint queue)
    {
        using TestDriver driver = NewDriver();
        driver.Start();
        driver.Write(MmioRegister.QueueNotify, queue);
        driver.Pump();
        Assert.Equal(Running, driver.Status);
    }

    [Fact]
    public void Access_AnyOffsetAndSize_NeverThrows()
    {
        using TestDriver driver = NewDriver();
        driver.Start();
        foreach (int size in (int[])[1, 2, 4, 8])
        {
            byte[] data = new byte[size];
            for (ulong offset = 0; offset < VirtioMmioDevice.WindowBytes + 16; offset++)
            {
                Array.Fill(data, (byte)0xa5);
                driver.Transport.Read(offset, data);
                Array.Fill(data, (byte)0xa5);
                driver.Transport.Write(offset, data);
            }
        }

        driver.Pump();
        Assert.True(driver.Transport.Metrics.RefusedWrites > 0);
    }

    [Fact]
    public void ControlRegister_OfOtherWidthOrAlignment_ReadsZerosAndWritesNothing()
    {
        using TestDriver driver = NewDriver();
        byte[] two = [0xff, 0xff];
        driver.Transport.Read(MmioRegister.MagicValue, two);
        Assert.Equal([0, 0], two);
        driver.Transport.Write(MmioRegister.Status, [1]);
        Assert.Equal(DeviceStatus.None, driver.Status);
    }

    [Fact]
    public void ConfigSpace_BeforeDriver_RefusesWrites()
    {
        using TestDriver driver = NewDriver();
        driver.Transport.Write(MmioRegister.Config + 4, [1, 2]);
        Assert.Equal(1, driver.Transport.Metrics.RefusedWrites);
        driver.Start();
        driver.Transport.Write(MmioRegister.Config + 4, [1, 2]);
        Assert.Contains("config 4+2", Recorded(driver).Calls);
    }

    [Fact]
    public void GuestFaults_InALoop_LogAFewLinesAndCountAll()
    {
        using TestDriver driver = NewDriver();
        for (int i = 0; i < 200; i++)
        {
            GuestQueue[] queues = driver.Start();
            queues[0].SetAvailableIndex(1000);
            driver.Notify(0);
            AssertStopped(driver);
        }

        Assert.Equal(200, driver.Transport.Metrics.GuestFaults);
        Assert.Equal(FaultLog.LinesPerInterval, driver.Log.Count);
        Assert.Contains("recording", driver.Log[0], StringComparison.Ordinal);
    }

    [Fact]
    public void Doorbell_InSteadyState_AllocatesNothing()
    {
        using TestDriver driver = NewDriver();
        GuestQueue[] queues = driver.Start();
        queues[0].SetChain(0, (TestDriver.Data, 64, false), (TestDriver.Data, 64, true));
        for (int i = 0; i < 100; i++)
        {
            RoundTrip();
        }

        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 1000; i++)
        {
            RoundTrip();
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.Equal((ushort)1100, queues[0].UsedIndex);

        void RoundTrip()
        {
            queues[0].MakeAvailable(0);
            driver.Write(MmioRegister.QueueNotify, 0);
            driver.Loop.RunOnce(0);
        }
    }

    private static void AssertStopped(TestDriver driver)
    {
        Assert.True(driver.NeedsReset);
        Assert.Equal(2u, driver.Read(MmioRegister.InterruptStatus) & 2);
        Assert.True(driver.Transport.Metrics.GuestFaults > 0);
        Assert.True(driver.Interrupt.Edges > 0);
    }
}
