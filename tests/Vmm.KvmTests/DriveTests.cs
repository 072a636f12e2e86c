using System.Text.Json.Nodes;
using MicroVm.Vmm.KvmTests.Guests;
using MicroVm.Vmm.KvmTests.Running;

namespace MicroVm.Vmm.KvmTests;

public sealed class DriveTests
{
    private const uint Request = GuestProgram.ScratchAddress + 0x10_0000;
    private const uint Data = Request + 0x1000;
    private const uint Status = Request + 0x2000;
    private const uint InterruptStatus = 0xd000_0060;
    private const int SectorSize = 512;

    [Theory]
    [InlineData("Sync")]
    [InlineData("Async")]
    public async Task Patch_WhileTheGuestRuns_TellsItAndItReadsTheNewFile(string engine)
    {
        GuestProgram program = new();
        GuestVirtioQueue queue = new GuestVirtioDevice(program, slot: 0, queueCount: 1).Queues[0];
        ReadSectorAndPrint(program, queue);
        program.LoadEsi(InterruptStatus);
        int loop = program.Position;
        program.Emit(0x8b, 0x06, 0xa8, 0x02).JumpIfEqual(loop); // mov eax, [rsi]; test al, 2 (configuration change)
        ReadSectorAndPrint(program, queue);
        program.PowerOff();

        using VmFolder folder = new VmFolder().WithGuest(program);
        await File.WriteAllTextAsync(folder["old"], new string('o', SectorSize - 1) + '\n');
        await File.WriteAllTextAsync(folder["new"], new string('n', SectorSize - 1) + '\n');
        folder.Config["drives"] = new JsonArray(new JsonObject
        {
            ["drive_id"] = "disk", ["path_on_host"] = folder["old"], ["is_root_device"] = false, ["io_engine"] = engine,
        });
        using RunningVmm vmm = folder.Start("--api-sock", folder["api.sock"]);
        await vmm.WaitForOutputAsync(new string('o', SectorSize - 1));

        using ApiClient api = new(folder["api.sock"]);
        // The guest powers off soon, so the answer may be cut off by the end of the process.
        _ = await Record.ExceptionAsync(
            () => api.PatchAsync("/drives/disk", new JsonObject { ["drive_id"] = "disk", ["path_on_host"] = folder["new"] }));
        Assert.Equal(0, await vmm.WaitForExitAsync("new disk"));
        Assert.Equal([new string('o', SectorSize - 1), new string('n', SectorSize - 1)], vmm.Output.Snapshot());
    }

    private static void ReadSectorAndPrint(GuestProgram program, GuestVirtioQueue queue)
    {
        program.Store32(Request, 0).Store32(Request + 4, 0).Store64(Request + 8, 0);
        queue.Offer(new GuestBuffer(Request, 16, false), new GuestBuffer(Data, SectorSize, true), new GuestBuffer(Status, 1, true))
            .Ring()
            .WaitForAll();
        program.PrintMemory(Data, SectorSize);
    }
}
