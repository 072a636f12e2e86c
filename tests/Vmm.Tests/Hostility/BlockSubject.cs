using System.Buffers.Binary;
using MicroVm.Vmm.Control;
using MicroVm.Vmm.Devices.Virtio;
using MicroVm.Vmm.Devices.Virtio.Block;
using MicroVm.Vmm.EventLoop;
using MicroVm.Vmm.Tests.Virtio;

namespace MicroVm.Vmm.Tests.Hostility;

/// <summary>A drive of 64 sectors, each filled with its number. Without io_uring on this host the worker stands in for it.</summary>
internal sealed class BlockSubject : VirtioSubject
{
    private const int Sectors = 64;
    private const uint SectorBytes = 512;
    private const byte Sector = 5;
    private const uint DataOffset = 0x1000;
    private const uint StatusOffset = 0x800;

    private readonly string _kind;

    internal BlockSubject(string kind)
    {
        _kind = kind;
        byte[] content = new byte[Sectors * SectorBytes];
        for (int i = 0; i < content.Length; i++)
        {
            content[i] = (byte)(i / SectorBytes);
        }

        File.WriteAllBytes(Folder.File("disk"), content);
    }

    internal override ulong Features => BlockFeature.Flush | BlockFeature.SegmentMax;

    internal override int[] WorkedQueues => [0];

    internal override int RequestQueue => 0;

    internal override IVirtioDevice MakeDevice(EpollLoop loop)
    {
        DriveIoEngine engine = _kind == "block-sync" ? DriveIoEngine.Sync : DriveIoEngine.Async;
        DriveConfig drive = new("disk", Folder.File("disk"), false, false, null, DriveCacheType.Writeback, engine);
        return new BlockDevice(drive, loop, () => (_kind == "block-uring" ? UringDiskEngine.TryCreate() : null) ?? (IDiskEngine)new WorkerDiskEngine());
    }

    internal override (ulong Address, uint Length, bool Writable)[] LayRequest(TestDriver driver, ulong at)
    {
        Span<byte> header = stackalloc byte[16];
        BinaryPrimitives.WriteUInt64LittleEndian(header[8..], Sector);
        driver.Poke(at, header);
        driver.Poke(at + StatusOffset, [0xff]);
        return [(at, 16, false), (at + DataOffset, SectorBytes, true), (at + StatusOffset, 1, true)];
    }

    /// <summary>Every type and some that are none, sectors up to and beyond the end, and data in several buffers.</summary>
    internal override (ulong Address, uint Length, bool Writable)[] LayVariant(TestDriver driver, ulong at, byte choice)
    {
        uint type = choice % 13u;
        ulong sector = (choice / 13) switch
        {
            < 15 => (ulong)choice / 4,
            < 17 => (1UL << 55) - choice % 3u,
            _ => ulong.MaxValue - choice % 2u,
        };
        Span<byte> header = stackalloc byte[16];
        BinaryPrimitives.WriteUInt32LittleEndian(header, type);
        BinaryPrimitives.WriteUInt64LittleEndian(header[8..], sector);
        driver.Poke(at, header);
        bool isRead = type != 1;
        return [(at, 16, false), (at + DataOffset, SectorBytes, isRead), (at + DataOffset + SectorBytes, SectorBytes * (choice % 2u), isRead), (at + StatusOffset, 1, true)];
    }

    /// <summary>The API puts another file in place of the disk, whatever is under way; it is the same one, opened anew.</summary>
    internal override void HostEvent(TestDriver driver, byte choice) => ((BlockDevice)driver.Device).ReplaceDisk(Folder.File("disk"));

    internal override void AssertServed(TestDriver driver, GuestQueue[] queues, ulong at)
    {
        Assert.Equal(0, driver.Peek(at + StatusOffset, 1)[0]);
        byte[] disk = File.ReadAllBytes(Folder.File("disk"));
        Assert.Equal(disk.AsSpan(Sector * (int)SectorBytes, (int)SectorBytes).ToArray(), driver.Peek(at + DataOffset, (int)SectorBytes));
    }
}
