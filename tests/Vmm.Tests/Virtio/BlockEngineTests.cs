using System.Buffers.Binary;
using MicroVm.Vmm.Control;
using MicroVm.Vmm.Devices.Virtio;
using MicroVm.Vmm.Devices.Virtio.Block;
using MicroVm.Vmm.Devices.Virtio.Transport;
using MicroVm.Vmm.Interop.Linux;

namespace MicroVm.Vmm.Tests.Virtio;

/// <summary>A drive whose requests stay in flight: with the engines that ship, and with one that holds them as long as a test wants.</summary>
public sealed class BlockEngineTests : IDisposable
{
    private const ulong Header = TestDriver.Data;
    private const ulong Status = TestDriver.Data + 0x800;
    private const ulong Payload = TestDriver.Data + 0x1000;
    private const int DiskSectors = 64;
    private const int Patience = 10_000;

    private readonly TemporaryFolder _folder = new();
    private readonly string _path;
    private readonly HeldDiskEngine _held = new();

    public BlockEngineTests()
    {
        _path = _folder.File("disk");
        WriteDisk(_path, DiskSectors, first: 0);
    }

    /// <summary>The engines that ship; io_uring only where this kernel allows it.</summary>
    public static TheoryData<string> Engines => CanUseUring() ? ["io_uring", "worker"] : ["worker"];

    public void Dispose()
    {
        _held.Dispose();
        _folder.Dispose();
    }

    private static bool CanUseUring()
    {
        using IoUring? ring = IoUring.TryCreate(8, 8);
        return ring is not null;
    }

    private static void WriteDisk(string path, int sectors, int first)
    {
        byte[] content = new byte[sectors * 512];
        for (int i = 0; i < content.Length; i++)
        {
            content[i] = (byte)(first + (i / 512));
        }

        File.WriteAllBytes(path, content);
    }

    private TestDriver NewDriver(Func<IDiskEngine> makeEngine, out GuestQueue queue)
    {
        DriveConfig drive = new("d", _path, false, false, null, DriveCacheType.Writeback, DriveIoEngine.Async);
        var driver = new TestDriver(loop => new BlockDevice(drive, loop, makeEngine));
        queue = driver.Start(queueSize: 256)[0];
        return driver;
    }

    private TestDriver NewDriver(string engine, out GuestQueue queue) =>
        NewDriver(() => engine == "worker" ? new WorkerDiskEngine() : UringDiskEngine.TryCreate()!, out queue);

    private static BlockDevice Device(TestDriver driver) => (BlockDevice)driver.Device;

    /// <summary>Makes request number <paramref name="index"/> available: its own header, status and three descriptors.</summary>
    private static void Offer(TestDriver driver, GuestQueue queue, uint index, uint type, ulong sector, ulong data, uint bytes)
    {
        byte[] header = new byte[16];
        BinaryPrimitives.WriteUInt32LittleEndian(header, type);
        BinaryPrimitives.WriteUInt64LittleEndian(header.AsSpan(8), sector);
        driver.Poke(Header + (index * 16), header);
        driver.Poke(Status + index, [0xff]);
        queue.Offer(index * 3, (Header + (index * 16), 16, false), (data, bytes, type == 0), (Status + index, 1, true));
    }

    private static void PumpUntilUsed(TestDriver driver, GuestQueue queue, int count)
    {
        while (queue.UsedIndex < count)
        {
            driver.Loop.RunOnce(Patience);
        }

        Assert.Equal(count, queue.UsedIndex);
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public void Reads_ManyAtOnce_EachFillItsOwnBuffers(string engine)
    {
        using TestDriver driver = NewDriver(engine, out GuestQueue queue);
        for (uint i = 0; i < 5; i++)
        {
            Offer(driver, queue, i, 0, 10 + i, Payload + (i * 0x1000), 1024);
        }

        driver.Notify(0);
        PumpUntilUsed(driver, queue, 5);
        for (uint i = 0; i < 5; i++)
        {
            Assert.Equal(1025u, queue.TakeUsed()!.Value.WrittenBytes);
            Assert.Equal(0, driver.Peek(Status + i, 1)[0]);
            Assert.Equal((byte)(10 + i), driver.Peek(Payload + (i * 0x1000), 1)[0]);
            Assert.Equal((byte)(11 + i), driver.Peek(Payload + (i * 0x1000) + 1023, 1)[0]);
        }

        Assert.Equal((5L, 5 * 1024L), (Device(driver).Metrics.Reads, Device(driver).Metrics.ReadBytes));
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public void Reads_AsManyAsTheQueueHolds_AllComeBackInOneBatchOrMore(string engine)
    {
        const int requests = 256 / 3;
        using TestDriver driver = NewDriver(engine, out GuestQueue queue);
        for (uint i = 0; i < requests; i++)
        {
            Offer(driver, queue, i, 0, i % DiskSectors, Payload + (i * 512), 512);
        }

        driver.Notify(0);
        PumpUntilUsed(driver, queue, requests);
        Assert.Equal(new byte[requests], driver.Peek(Status, requests));
        for (int i = 0; i < requests; i++)
        {
            Assert.Equal((byte)(i % DiskSectors), driver.Peek(Payload + ((ulong)i * 512), 1)[0]);
        }
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public void Write_FromManyBuffersThenFlush_ReachesTheFile(string engine)
    {
        using TestDriver driver = NewDriver(engine, out GuestQueue queue);
        driver.Poke(Payload, Enumerable.Repeat((byte)0xaa, 1024).ToArray());
        driver.Poke(Header, [1, 0, 0, 0, 0, 0, 0, 0, 62, 0, 0, 0, 0, 0, 0, 0]);
        queue.Offer(0, (Header, 16, false), (Payload, 1000, false), (Payload + 1000, 24, false), (Status, 1, true));
        driver.Notify(0);
        PumpUntilUsed(driver, queue, 1);
        Assert.Equal((0, 1u), (driver.Peek(Status, 1)[0], queue.TakeUsed()!.Value.WrittenBytes));
        Assert.All(File.ReadAllBytes(_path).AsSpan(62 * 512, 1024).ToArray(), b => Assert.Equal(0xaa, b));

        driver.Poke(Header, [4, 0, 0, 0]);
        queue.Offer(4, (Header, 16, false), (Status + 1, 1, true));
        driver.Notify(0);
        PumpUntilUsed(driver, queue, 2);
        Assert.Equal(0, driver.Peek(Status + 1, 1)[0]);
        Assert.Equal((1L, 1L), (Device(driver).Metrics.Writes, Device(driver).Metrics.Flushes));
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public void File_CutShortUnderTheDrive_IsAnIoErrorWithNothingWritten(string engine)
    {
        using TestDriver driver = NewDriver(engine, out GuestQueue queue);
        using (FileStream file = File.OpenWrite(_path))
        {
            file.SetLength(700);
        }

        Offer(driver, queue, 0, 0, 0, Payload, 1024);
        driver.Notify(0);
        PumpUntilUsed(driver, queue, 1);
        Assert.Equal((1, 1u), (driver.Peek(Status, 1)[0], queue.TakeUsed()!.Value.WrittenBytes));
        Assert.Equal(1, Device(driver).Metrics.HostFaults);
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public void Reset_RightAfterSubmission_LeavesADeviceThatWorksAgain(string engine)
    {
        using TestDriver driver = NewDriver(engine, out GuestQueue queue);
        Offer(driver, queue, 0, 0, 3, Payload, 4096);
        driver.Write(MmioRegister.QueueNotify, 0);
        driver.Loop.RunOnce(0);
        driver.SetStatus(0);
        Assert.Equal(0, Device(driver).InFlightCount);

        queue = driver.Start()[0];
        Offer(driver, queue, 0, 0, 7, Payload, 512);
        driver.Notify(0);
        PumpUntilUsed(driver, queue, 1);
        Assert.Equal((0, 7), (driver.Peek(Status, 1)[0], driver.Peek(Payload, 1)[0]));
    }

    [Fact]
    public void Completions_OfABatch_RaiseOneInterrupt()
    {
        using TestDriver driver = NewDriver(() => _held, out GuestQueue queue);
        int before = driver.Interrupt.Edges;
        for (uint i = 0; i < 4; i++)
        {
            Offer(driver, queue, i, 0, i, Payload + (i * 0x1000), 512);
        }

        driver.Notify(0);
        Assert.Equal((4, 0, before), (Device(driver).InFlightCount, (int)queue.UsedIndex, driver.Interrupt.Edges));
        _held.Release();
        driver.Pump();
        Assert.Equal((0, 4, before + 1), (Device(driver).InFlightCount, (int)queue.UsedIndex, driver.Interrupt.Edges));
    }

    [Fact]
    public void Reset_WhileInFlight_WaitsForTheHostAndReturnsNothingToTheGuest()
    {
        using TestDriver driver = NewDriver(() => _held, out GuestQueue queue);
        Offer(driver, queue, 0, 0, 5, Payload, 512);
        Offer(driver, queue, 1, 0, 6, Payload + 0x1000, 512);
        driver.Notify(0);
        int edges = driver.Interrupt.Edges;

        driver.SetStatus(0);
        Assert.Equal((1, 0, 0), (_held.Waits, _held.HeldCount, Device(driver).InFlightCount));
        driver.Poke(Payload, new byte[512]);
        driver.Pump();
        Assert.Equal((0, edges), ((int)queue.UsedIndex, driver.Interrupt.Edges));
        Assert.Equal((0xff, 0), (driver.Peek(Status, 1)[0], driver.Peek(Payload, 1)[0]));
    }

    [Fact]
    public void Head_OfferedTwiceWhileInFlight_Cve202645782_NeedsResetAfterTheHostIsDone()
    {
        using TestDriver driver = NewDriver(() => _held, out GuestQueue queue);
        Offer(driver, queue, 0, 0, 5, Payload, 512);
        driver.Notify(0);
        queue.MakeAvailable(0);
        driver.Notify(0);
        Assert.True(driver.NeedsReset);
        Assert.Equal((1, 0, 0), (_held.Waits, Device(driver).InFlightCount, (int)queue.UsedIndex));
        Assert.Equal(1, driver.Transport.Metrics.GuestFaults);
    }

    [Fact]
    public void HeaderAndDescriptors_ChangedAfterTheyWereRead_ChangeNothing()
    {
        using TestDriver driver = NewDriver(() => _held, out GuestQueue queue);
        Offer(driver, queue, 0, 0, 5, Payload, 512);
        driver.Notify(0);
        driver.Poke(Header, [1, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f]);
        queue.SetChain(0, (TestDriver.LowEnd, 16, false), (ulong.MaxValue - 4, 512, true), (TestDriver.LowEnd, 1, true));
        _held.Release();
        driver.Pump();
        Assert.Equal(513u, queue.TakeUsed()!.Value.WrittenBytes);
        Assert.Equal((0, 5), (driver.Peek(Status, 1)[0], driver.Peek(Payload, 1)[0]));
        Assert.False(driver.NeedsReset);
    }

    [Theory]
    [InlineData(1L << 55, 512u)]
    [InlineData((1L << 55) - 1, 1024u)]
    [InlineData(-1L, 512u)]
    [InlineData(DiskSectors - 1, 1024u)]
    public void Sector_Near2To55OrBeyondTheEnd_NeverReachesTheEngine(long sector, uint bytes)
    {
        using TestDriver driver = NewDriver(() => _held, out GuestQueue queue);
        Offer(driver, queue, 0, 0, (ulong)sector, Payload, bytes);
        Offer(driver, queue, 1, 1, (ulong)sector, Payload, bytes);
        driver.Notify(0);
        Assert.Equal((0, 2), (_held.HeldCount, (int)queue.UsedIndex));
        Assert.Equal([1, 1], driver.Peek(Status, 2));
        Assert.Equal(2, Device(driver).Metrics.InvalidRequests);
    }

    [Fact]
    public void ReplaceDisk_WhileInFlight_EndsOnTheOldFileAndTellsTheNewSize()
    {
        string other = _folder.File("other");
        WriteDisk(other, 32, first: 100);
        using TestDriver driver = NewDriver(() => _held, out GuestQueue queue);
        Offer(driver, queue, 0, 0, 5, Payload, 512);
        driver.Notify(0);
        uint generation = driver.Read(MmioRegister.ConfigGeneration);

        Device(driver).ReplaceDisk(other);
        Assert.Equal((1, 5), ((int)queue.UsedIndex, driver.Peek(Payload, 1)[0]));
        Assert.Equal(32u, driver.Read(MmioRegister.Config));
        Assert.NotEqual(generation, driver.Read(MmioRegister.ConfigGeneration));
        Assert.Equal(3u, driver.Read(MmioRegister.InterruptStatus));

        Offer(driver, queue, 1, 0, 5, Payload, 512);
        Offer(driver, queue, 2, 0, 32, Payload, 512);
        driver.Notify(0);
        _held.Release();
        driver.Pump();
        Assert.Equal([0, 1], driver.Peek(Status + 1, 2));
        Assert.Equal(105, driver.Peek(Payload, 1)[0]);
    }

    [Fact]
    public void ReplaceDisk_WithAFileThatFails_KeepsTheOldOne()
    {
        using TestDriver driver = NewDriver(() => _held, out GuestQueue queue);
        Assert.Throws<OsFaultException>(() => Device(driver).ReplaceDisk(_folder.File("missing")));
        Offer(driver, queue, 0, 0, 5, Payload, 512);
        driver.Notify(0);
        _held.Release();
        driver.Pump();
        Assert.Equal((0, 5), (driver.Peek(Status, 1)[0], driver.Peek(Payload, 1)[0]));
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public void Requests_InSteadyState_AllocateNothing(string engine)
    {
        using TestDriver driver = NewDriver(engine, out GuestQueue queue);
        Offer(driver, queue, 0, 0, 1, Payload, 4096);
        driver.Notify(0);
        PumpUntilUsed(driver, queue, 1);
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
        Assert.Equal(601, Device(driver).Metrics.Reads);

        void RoundTrip()
        {
            ushort target = (ushort)(queue.UsedIndex + 1);
            queue.MakeAvailable(0);
            driver.Write(MmioRegister.QueueNotify, 0);
            while (queue.UsedIndex != target)
            {
                driver.Loop.RunOnce(Patience);
            }
        }
    }
}
