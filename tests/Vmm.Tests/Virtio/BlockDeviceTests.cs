using System.Buffers.Binary;
using System.Text;
using CsCheck;
using MicroVm.Vmm.Control;
using MicroVm.Vmm.Devices.Virtio;
using MicroVm.Vmm.Devices.Virtio.Block;
using MicroVm.Vmm.Devices.Virtio.Queue;
using MicroVm.Vmm.Devices.Virtio.Transport;
using MicroVm.Vmm.EventLoop;
using MicroVm.Vmm.Interop.Linux;

namespace MicroVm.Vmm.Tests.Virtio;

public sealed class BlockDeviceTests : IDisposable
{
    private const ulong Header = TestDriver.Data;
    private const ulong Status = TestDriver.Data + 0x100;
    private const ulong Payload = TestDriver.Data + 0x1000;
    private const int DiskSectors = 64;

    private readonly TemporaryFolder _folder = new();
    private readonly string _path;

    public BlockDeviceTests()
    {
        _path = _folder.File("disk");
        byte[] content = new byte[(DiskSectors * 512) + 100];
        for (int i = 0; i < content.Length; i++)
        {
            content[i] = (byte)(i / 512);
        }

        File.WriteAllBytes(_path, content);
    }

    public void Dispose() => _folder.Dispose();

    private TestDriver NewDriver(out GuestQueue queue, bool readOnly = false, DriveCacheType cache = DriveCacheType.Writeback)
    {
        var driver = new TestDriver(loop => new BlockDevice(new DriveConfig("rootfs", _path, true, readOnly, null, cache), loop));
        queue = driver.Start()[0];
        return driver;
    }

    private static BlockMetrics Metrics(TestDriver driver) => ((BlockDevice)driver.Device).Metrics;

    private static void WriteHeader(TestDriver driver, uint type, ulong sector)
    {
        byte[] header = new byte[16];
        BinaryPrimitives.WriteUInt32LittleEndian(header, type);
        BinaryPrimitives.WriteUInt64LittleEndian(header.AsSpan(8), sector);
        driver.Poke(Header, header);
        driver.Poke(Status, [0xff]);
    }

    /// <summary>Sends a request with the data buffers given and returns its status byte and the length in the used ring.</summary>
    private static (byte Status, uint Written) Send(
        TestDriver driver, GuestQueue queue, uint type, ulong sector, params (ulong Address, uint Length, bool Writable)[] data)
    {
        WriteHeader(driver, type, sector);
        queue.Offer(0, [(Header, 16, false), .. data, (Status, 1, true)]);
        driver.Notify(0);
        UsedElement used = queue.TakeUsed() ?? throw new InvalidOperationException("the request did not come back");
        return (driver.Peek(Status, 1)[0], used.WrittenBytes);
    }

    [Fact]
    public void Config_OfADisk_TellsWholeSectorsAndSegments()
    {
        using TestDriver driver = NewDriver(out _);
        Assert.Equal(DiskSectors, (int)driver.Read(MmioRegister.Config));
        Assert.Equal(0u, driver.Read(MmioRegister.Config + 4));
        Assert.Equal(254u, driver.Read(MmioRegister.Config + 12));
        Assert.Equal(0u, driver.Read(MmioRegister.Config + 16));
    }

    [Theory]
    [InlineData(false, false, BlockFeature.SegmentMax)]
    [InlineData(true, false, BlockFeature.SegmentMax | BlockFeature.ReadOnly)]
    [InlineData(false, true, BlockFeature.SegmentMax | BlockFeature.Flush)]
    public void Features_OfADrive_FollowItsConfig(bool readOnly, bool writeback, ulong expected)
    {
        using TestDriver driver = NewDriver(out _, readOnly, writeback ? DriveCacheType.Writeback : DriveCacheType.Unsafe);
        Assert.Equal(expected, driver.Device.OfferedFeatures);
    }

    [Fact]
    public void Read_IntoManyBuffers_FillsThemInOrder()
    {
        using TestDriver driver = NewDriver(out GuestQueue queue);
        (byte status, uint written) = Send(
            driver, queue, 0, 5, (Payload, 100, true), (Payload + 0x1000, 412, true), (TestDriver.HighStart, 1024, true));
        Assert.Equal(((byte)0, 1537u), (status, written));
        Assert.All(driver.Peek(Payload, 100), b => Assert.Equal(5, b));
        Assert.All(driver.Peek(Payload + 0x1000, 412), b => Assert.Equal(5, b));
        Assert.Equal((6, 7), (driver.Peek(TestDriver.HighStart, 1)[0], driver.Peek(TestDriver.HighStart + 1023, 1)[0]));
    }

    [Fact]
    public void Read_WithHeaderAndStatusSharingDescriptors_IsServed()
    {
        using TestDriver driver = NewDriver(out GuestQueue queue);
        WriteHeader(driver, 0, 3);
        queue.Offer(0, (Header, 5, false), (Header + 5, 11, false), (Payload, 513, true));
        driver.Notify(0);
        Assert.Equal(513u, queue.TakeUsed()!.Value.WrittenBytes);
        Assert.Equal((3, 0), (driver.Peek(Payload + 511, 1)[0], driver.Peek(Payload + 512, 1)[0]));
    }

    [Fact]
    public void Write_FromManyBuffers_ReachesTheFile()
    {
        using TestDriver driver = NewDriver(out GuestQueue queue);
        driver.Poke(Payload, Enumerable.Repeat((byte)0xaa, 1024).ToArray());
        (byte status, uint written) = Send(driver, queue, 1, 63 - 1, (Payload, 1000, false), (Payload + 1000, 24, false));
        Assert.Equal(((byte)0, 1u), (status, written));
        Assert.All(File.ReadAllBytes(_path).AsSpan(62 * 512, 1024).ToArray(), b => Assert.Equal(0xaa, b));
    }

    [Fact]
    public void Write_ToAReadOnlyDrive_IsAnIoErrorAndLeavesTheFile()
    {
        using TestDriver driver = NewDriver(out GuestQueue queue, readOnly: true);
        Assert.Equal(1, Send(driver, queue, 1, 0, (Payload, 512, false)).Status);
        Assert.Equal(0, File.ReadAllBytes(_path)[0]);
        Assert.Equal(1, Metrics(driver).InvalidRequests);
    }

    [Fact]
    public void Flush_OfAWritebackDrive_Succeeds()
    {
        using TestDriver driver = NewDriver(out GuestQueue queue);
        Assert.Equal(0, Send(driver, queue, 4, 0).Status);
        Assert.Equal(1, Metrics(driver).Flushes);
    }

    [Fact]
    public void Flush_OfAnUnsafeDrive_IsUnsupported()
    {
        using TestDriver driver = NewDriver(out GuestQueue queue, cache: DriveCacheType.Unsafe);
        Assert.Equal(2, Send(driver, queue, 4, 0).Status);
    }

    [Fact]
    public void GetId_GivesTheDriveId()
    {
        using TestDriver driver = NewDriver(out GuestQueue queue);
        Assert.Equal(((byte)0, 21u), Send(driver, queue, 8, 0, (Payload, 20, true)));
        Assert.Equal("rootfs", Encoding.ASCII.GetString(driver.Peek(Payload, 20)).TrimEnd('\0'));
    }

    [Theory]
    [InlineData(2u)]
    [InlineData(11u)]
    [InlineData(13u)]
    [InlineData(uint.MaxValue)]
    public void Type_Unknown_IsUnsupported(uint type)
    {
        using TestDriver driver = NewDriver(out GuestQueue queue);
        Assert.Equal(2, Send(driver, queue, type, 0, (Payload, 512, true)).Status);
        Assert.Equal(1, Metrics(driver).Unsupported);
    }

    [Theory]
    [InlineData(DiskSectors, 512u)]
    [InlineData(DiskSectors - 1, 1024u)]
    [InlineData(0, (DiskSectors + 1) * 512u)]
    [InlineData(0, 511u)]
    [InlineData(1L << 55, 512u)]
    [InlineData((1L << 55) - 1, 1024u)]
    [InlineData(long.MaxValue, 512u)]
    [InlineData(-1L, 512u)]
    [InlineData(-1L, 1024u)]
    public void Sector_BeyondTheEndOrNear2To55OrRaggedLength_IsAnIoError(long sector, uint bytes)
    {
        using TestDriver driver = NewDriver(out GuestQueue queue);
        Assert.Equal(((byte)1, 1u), Send(driver, queue, 0, (ulong)sector, (Payload, bytes, true)));
        Assert.Equal(1, Send(driver, queue, 1, (ulong)sector, (Payload, bytes, false)).Status);
        Assert.Equal(2, Metrics(driver).InvalidRequests);
        Assert.False(driver.NeedsReset);
        Assert.Equal((DiskSectors * 512) + 100, new FileInfo(_path).Length);
    }

    [Fact]
    public void Request_WithAShortHeader_IsAnIoError()
    {
        using TestDriver driver = NewDriver(out GuestQueue queue);
        queue.Offer(0, (Header, 15, false), (Status, 1, true));
        driver.Notify(0);
        Assert.NotNull(queue.TakeUsed());
        Assert.Equal(1, driver.Peek(Status, 1)[0]);
    }

    [Fact]
    public void Request_WithoutRoomForTheStatus_NeedsReset()
    {
        using TestDriver driver = NewDriver(out GuestQueue queue);
        WriteHeader(driver, 1, 0);
        queue.Offer(0, (Header, 16, false), (Payload, 512, false));
        driver.Notify(0);
        Assert.True(driver.NeedsReset);
    }

    [Fact]
    public void Request_WithDataInAHole_NeedsResetAndLeavesTheFile()
    {
        using TestDriver driver = NewDriver(out GuestQueue queue);
        WriteHeader(driver, 1, 0);
        queue.Offer(0, (Header, 16, false), (TestDriver.LowEnd - 256, 512, false), (Status, 1, true));
        driver.Notify(0);
        Assert.True(driver.NeedsReset);
        Assert.Equal(0, File.ReadAllBytes(_path)[0]);
    }

    [Fact]
    public void Header_OverlappingWritableData_IsReadOnceBeforeTheDataIsWritten()
    {
        using TestDriver driver = NewDriver(out GuestQueue queue);
        WriteHeader(driver, 0, 9);
        queue.Offer(0, (Header, 16, false), (Header, 512, true), (Status + 0x400, 1, true));
        driver.Notify(0);
        Assert.Equal(513u, queue.TakeUsed()!.Value.WrittenBytes);
        Assert.All(driver.Peek(Header, 512), b => Assert.Equal(9, b));
    }

    [Fact]
    public void File_CutShortUnderTheDrive_IsAnIoErrorNotAHang()
    {
        using TestDriver driver = NewDriver(out GuestQueue queue);
        using (FileStream file = File.OpenWrite(_path))
        {
            file.SetLength(700);
        }

        Assert.Equal(((byte)1, 1u), Send(driver, queue, 0, 0, (Payload, 1024, true)));
        Assert.Equal(1, Metrics(driver).HostFaults);
    }

    [Fact]
    public void Batch_OfRequests_RaisesOneInterrupt()
    {
        using TestDriver driver = NewDriver(out GuestQueue queue);
        int before = driver.Interrupt.Edges;
        WriteHeader(driver, 0, 0);
        for (uint i = 0; i < 4; i++)
        {
            queue.Offer(i * 3, (Header, 16, false), (Payload, 512, true), (Status, 1, true));
        }

        driver.Notify(0);
        Assert.Equal((ushort)4, queue.UsedIndex);
        Assert.Equal(before + 1, driver.Interrupt.Edges);
    }

    /// <summary>Requests may be of gigabytes: the loop gets its turn after some megabytes, not after a queue full of them.</summary>
    [Fact]
    public void Requests_OfManyBytes_LeaveTheLoopInBetween()
    {
        const uint bytes = 8 << 20;
        const ulong buffer = TestDriver.HighStart;
        string path = _folder.File("large");
        using (FileStream file = File.Create(path))
        {
            file.SetLength(bytes);
        }

        using var driver = new TestDriver(loop => new BlockDevice(new DriveConfig("d", path, false, false), loop), bytes);
        GuestQueue queue = driver.Start()[0];
        WriteHeader(driver, 0, 0);
        for (uint i = 0; i < 4; i++)
        {
            queue.Offer(i * 3, (Header, 16, false), (buffer, bytes, true), (Status, 1, true));
        }

        driver.Write(MmioRegister.QueueNotify, 0);
        driver.Loop.RunOnce(0);
        Assert.Equal(2, queue.UsedIndex);
        driver.Loop.RunOnce(0);
        Assert.Equal(4, queue.UsedIndex);
        Assert.Equal(0, driver.Peek(Status, 1)[0]);
    }

    [Fact]
    public void Requests_InSteadyState_AllocateNothing()
    {
        using TestDriver driver = NewDriver(out GuestQueue queue);
        WriteHeader(driver, 0, 1);
        queue.SetChain(0, (Header, 16, false), (Payload, 4096, true), (Status, 1, true));
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
        Assert.Equal(600, Metrics(driver).Reads);

        void RoundTrip()
        {
            queue.MakeAvailable(0);
            driver.Write(MmioRegister.QueueNotify, 0);
            driver.Loop.RunOnce(0);
        }
    }

    [Fact]
    public void Open_OfNoFileOrADirectory_NamesPathAndErrno()
    {
        string missing = _folder.File("missing");
        using EpollLoop loop = new();
        OsFaultException fault = Assert.Throws<OsFaultException>(
            () => new BlockDevice(new DriveConfig("a", missing, false, true), loop));
        Assert.Equal(2, fault.Errno);
        Assert.Contains(missing, fault.Message, StringComparison.Ordinal);
        fault = Assert.Throws<OsFaultException>(() => new BlockDevice(new DriveConfig("a", _folder.Path, false, true), loop));
        Assert.Equal(21, fault.Errno);
    }

    [Fact]
    public void IsInside_RandomRequests_AgreesWithWideArithmetic()
    {
        Gen.Select(Gen.ULong, Gen.UInt, Gen.ULong).Sample(
            (sector, bytes, disk) =>
            {
                var request = new BlockRequest(BlockRequestType.Read, sector, 0, bytes, 0);
                bool expected = bytes % 512 == 0 && ((UInt128)sector * 512) + bytes <= (UInt128)disk * 512;
                return request.IsInside(disk) == expected;
            },
            iter: 20_000);
    }
}
