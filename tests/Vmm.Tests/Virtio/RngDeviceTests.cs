using MicroVm.Vmm.Control;
using MicroVm.Vmm.Devices.Virtio.Rng;

namespace MicroVm.Vmm.Tests.Virtio;

public sealed class RngDeviceTests
{
    private static TestDriver NewDriver(out GuestQueue queue)
    {
        TestDriver driver = TestDriver.Start(loop => new RngDevice(new EntropyConfig(), loop), out GuestQueue[] queues);
        queue = queues[0];
        return driver;
    }

    [Fact]
    public void Request_OverSeveralBuffers_IsFilledWhole()
    {
        using TestDriver driver = NewDriver(out GuestQueue queue);
        queue.Offer(0, (TestDriver.Data, 64, true), (TestDriver.HighStart, 64, true));
        driver.Notify(0);
        Assert.Equal(128u, queue.TakeUsed()!.Value.WrittenBytes);

        // 2^-512 each that this is all zeros by chance.
        Assert.Contains(driver.Peek(TestDriver.Data, 64), b => b != 0);
        Assert.Contains(driver.Peek(TestDriver.HighStart, 64), b => b != 0);
    }

    [Fact]
    public void Request_OverTheCap_IsFilledToTheCap()
    {
        using TestDriver driver = NewDriver(out GuestQueue queue);
        queue.Offer(0, (TestDriver.Data, 1 << 20, true));
        driver.Notify(0);
        Assert.Equal(RngDevice.MaxBytesPerRequest, queue.TakeUsed()!.Value.WrittenBytes);
        Assert.All(driver.Peek(TestDriver.Data + RngDevice.MaxBytesPerRequest, 64), b => Assert.Equal(0, b));
    }

    [Fact]
    public void Request_WithoutWritableBuffers_ComesBackEmptyAndIsCounted()
    {
        using TestDriver driver = NewDriver(out GuestQueue queue);
        queue.Offer(0, (TestDriver.Data, 64, false));
        driver.Notify(0);
        Assert.Equal(0u, queue.TakeUsed()!.Value.WrittenBytes);
        Assert.Equal(1, ((RngDevice)driver.Device).Metrics.EmptyRequests);
    }

    [Fact]
    public void Request_OverTheRateLimit_WaitsForTheTimer()
    {
        EntropyConfig config = new(new RateLimiterConfig(new TokenBucketConfig(64, null, 500), null));
        using TestDriver driver = TestDriver.Start(loop => new RngDevice(config, loop), out GuestQueue[] queues);
        queues[0].Offer(0, (TestDriver.Data, 64, true));
        queues[0].Offer(1, (TestDriver.Data + 64, 64, true));
        driver.Notify(0);
        Assert.NotNull(queues[0].TakeUsed());
        Assert.Null(queues[0].TakeUsed());
        Assert.Equal(1, ((RngDevice)driver.Device).Metrics.ThrottledRequests);

        // The limiter may look several times before the bucket is full enough.
        for (int i = 0; i < 100 && queues[0].UsedIndex < 2; i++)
        {
            driver.Loop.RunOnce(10_000);
        }

        Assert.Equal(64u, queues[0].TakeUsed()!.Value.WrittenBytes);
    }

    [Fact]
    public void Request_OutsideMemory_NeedsReset()
    {
        using TestDriver driver = NewDriver(out GuestQueue queue);
        queue.Offer(0, (TestDriver.HighEnd - 8, 16, true));
        driver.Notify(0);
        Assert.True(driver.NeedsReset);
        Assert.Null(queue.TakeUsed());
    }
}
