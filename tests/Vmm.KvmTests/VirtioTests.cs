using System.Text;
using System.Text.Json.Nodes;
using MicroVm.Vmm.KvmTests.Guests;
using MicroVm.Vmm.KvmTests.Running;

namespace MicroVm.Vmm.KvmTests;

public sealed class VirtioTests
{
    private const uint Buffers = GuestProgram.ScratchAddress + 0x10_0000;
    private const int SectorSize = 512;

    [Theory]
    [InlineData("Sync")]
    [InlineData("Async")]
    public async Task Block_ReadThenWrite_MovesSectorsBothWays(string engine)
    {
        GuestProgram program = new();
        GuestVirtioQueue queue = new GuestVirtioDevice(program, slot: 0, queueCount: 1).Queues[0];
        const uint data = Buffers + 0x1000;
        const uint status = Buffers + 0x2000;
        Transfer(program, queue, isWrite: false, sector: 1, data, status);
        program.PrintMemory(data, SectorSize);
        Transfer(program, queue, isWrite: true, sector: 2, data, status + 1);
        program.PrintMemory(status, 2).PowerOff();

        using VmFolder folder = new VmFolder().WithGuest(program);
        byte[] disk = new byte[4 * SectorSize];
        new Random(1).NextBytes(disk.AsSpan(0, 2 * SectorSize));
        await File.WriteAllBytesAsync(folder["disk"], disk);
        AddDrive(folder, isReadOnly: false, engine);
        byte[] serial = await RunAsync(folder, "block");

        Assert.Equal(disk.AsSpan(SectorSize, SectorSize).ToArray(), serial[..SectorSize]);
        Assert.Equal([0, 0], serial[SectorSize..]);
        byte[] after = await File.ReadAllBytesAsync(folder["disk"]);
        Assert.Equal(disk[..(2 * SectorSize)], after[..(2 * SectorSize)]);
        Assert.Equal(disk.AsSpan(SectorSize, SectorSize).ToArray(), after[(2 * SectorSize)..(3 * SectorSize)]);
    }

    [Fact]
    public async Task Block_WriteToReadOnlyDrive_FailsAndLeavesTheFile()
    {
        GuestProgram program = new();
        GuestVirtioQueue queue = new GuestVirtioDevice(program, slot: 0, queueCount: 1).Queues[0];
        Transfer(program, queue, isWrite: true, sector: 0, Buffers + 0x1000, Buffers + 0x2000);
        program.PrintMemory(Buffers + 0x2000, 1).PowerOff();

        using VmFolder folder = new VmFolder().WithGuest(program);
        byte[] disk = Encoding.ASCII.GetBytes(new string('d', SectorSize));
        await File.WriteAllBytesAsync(folder["disk"], disk);
        AddDrive(folder, isReadOnly: true);
        byte[] serial = await RunAsync(folder, "read-only block");

        Assert.Equal(1, Assert.Single(serial));
        Assert.Equal(disk, await File.ReadAllBytesAsync(folder["disk"]));
    }

    [Fact]
    public async Task Rng_Request_FillsTheBuffer()
    {
        const int length = 64;
        GuestProgram program = new();
        GuestVirtioQueue queue = new GuestVirtioDevice(program, slot: 0, queueCount: 1).Queues[0];
        queue.Offer(new GuestBuffer(Buffers, length, Writable: true)).Ring().WaitForAll();
        program.PrintMemory(Buffers, length).PowerOff();

        using VmFolder folder = new VmFolder().WithGuest(program);
        folder.Config["entropy"] = new JsonObject();
        byte[] serial = await RunAsync(folder, "rng");

        Assert.Equal(length, serial.Length);
        // 64 random bytes with fewer than 16 different values would be a wonder.
        Assert.True(serial.Distinct().Count() >= 16, Convert.ToHexString(serial));
    }

    private static void Transfer(GuestProgram program, GuestVirtioQueue queue, bool isWrite, ulong sector, uint data, uint status)
    {
        const uint request = Buffers;
        program.Store32(request, isWrite ? 1u : 0u).Store32(request + 4, 0).Store64(request + 8, sector);
        queue.Offer(
            new GuestBuffer(request, 16, Writable: false),
            new GuestBuffer(data, SectorSize, Writable: !isWrite),
            new GuestBuffer(status, 1, Writable: true)).Ring().WaitForAll();
    }

    private static void AddDrive(VmFolder folder, bool isReadOnly, string engine = "Sync") => folder.Config["drives"] = new JsonArray(
        new JsonObject
        {
            ["drive_id"] = "disk",
            ["path_on_host"] = folder["disk"],
            ["is_root_device"] = false,
            ["is_read_only"] = isReadOnly,
            ["io_engine"] = engine,
        });

    private static async Task<byte[]> RunAsync(VmFolder folder, string phase)
    {
        folder.Config["serial"] = new JsonObject { ["serial_out_path"] = folder["serial.log"] };
        using RunningVmm vmm = folder.Start();
        Assert.Equal(0, await vmm.WaitForExitAsync(phase));
        return await File.ReadAllBytesAsync(folder["serial.log"]);
    }
}
