using System.Buffers.Binary;
using MicroVm.Vmm.Control;
using MicroVm.Vmm.Devices.Virtio.Block;

namespace MicroVm.Vmm.Tests.Virtio;

/// <summary>Drives whose requests are limited, with either engine.</summary>
public sealed class BlockRateLimitTests : IDisposable
{
    private const ulong Header = TestDriver.Data;
    private const ulong Status = TestDriver.Data + 0x800;
    private const ulong Payload = TestDriver.Data + 0x1000;
    private const int Patience = 10_000;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private TestDriver NewDriver(bool async, RateLimiterConfig limits, out GuestQueue queue)
    {
        string path = _folder.File("disk");
        File.WriteAllBytes(path, new byte[64 * 512]);
        DriveConfig drive = new("d", path, false, false, null, DriveCacheType.Writeback, async ? DriveIoEngine.Async : DriveIoEngine.Sync, limits);
        var driver = new TestDriver(loop => new BlockDevice(drive, loop));
        queue = driver.Start()[0];
        return driver;
    }

    private static void OfferRead(TestDriver driver, GuestQueue queue, uint index)
    {
        byte[] header = new byte[16];
        BinaryPrimitives.WriteUInt64LittleEndian(header.AsSpan(8), index);
        driver.Poke(Header + (index * 16), header);
        driver.Poke(Status + index, [0xff]);
        queue.Offer(index * 3, (Header + (index * 16), 16, false), (Payload + (index * 512), 512, true), (Status + index, 1, true));
    }

    private static void WaitFor(TestDriver driver, GuestQueue queue, ushort used)
    {
        for (int wakeUps = 0; wakeUps < 100 && queue.UsedIndex != used; wakeUps++)
        {
            driver.Loop.RunOnce(Patience);
        }

        Assert.Equal(used, queue.UsedIndex);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Requests_OverTheLimit_WaitForTheTimerAndAllComeBack(bool async)
    {
        using TestDriver driver = NewDriver(async, new(new(1024, null, 500), null), out GuestQueue queue);
        for (uint i = 0; i < 5; i++)
        {
            OfferRead(driver, queue, i);
        }

        driver.Notify(0);
        WaitFor(driver, queue, 5);
        Assert.True(((BlockDevice)driver.Device).Metrics.ThrottledRequests >= 2);
        Assert.All(driver.Peek(Status, 5), status => Assert.Equal(0, status));
    }

    [Fact]
    public void UpdateLimits_OfARunningDrive_LetsWaitingRequestsGo()
    {
        using TestDriver driver = NewDriver(false, new(null, new(1, null, 1_000_000_000)), out GuestQueue queue);
        OfferRead(driver, queue, 0);
        OfferRead(driver, queue, 1);
        driver.Notify(0);
        Assert.Equal((ushort)1, queue.UsedIndex);
        ((BlockDevice)driver.Device).UpdateLimits(new(null, new(0, null, 0)));
        driver.Pump();
        Assert.Equal((ushort)2, queue.UsedIndex);
    }
}
