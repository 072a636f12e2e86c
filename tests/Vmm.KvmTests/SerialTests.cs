using System.Text.Json.Nodes;
using MicroVm.Vmm.KvmTests.Guests;
using MicroVm.Vmm.KvmTests.Running;

namespace MicroVm.Vmm.KvmTests;

public sealed class SerialTests
{
    [Fact]
    public async Task Serial_StringInstruction_ArrivesWholeAndInOrder()
    {
        string text = string.Concat(Enumerable.Range(0, 500).Select(i => $"{i % 10}"));
        using VmFolder folder = new VmFolder().WithGuest(new GuestProgram().Print(text + "\n").PowerOff());
        using RunningVmm vmm = folder.Start();

        Assert.Equal(0, await vmm.WaitForExitAsync("printing"));
        Assert.Equal([text], vmm.Output.Snapshot());
    }

    [Fact]
    public async Task Serial_OutputPath_IsAppendedToAndStandardOutputStaysEmpty()
    {
        using VmFolder folder = new VmFolder().WithGuest(new GuestProgram().Print("second\n").PowerOff());
        string path = folder["serial.log"];
        await File.WriteAllTextAsync(path, "first\n");
        folder.Config["serial"] = new JsonObject { ["serial_out_path"] = path };
        using RunningVmm vmm = folder.Start();

        Assert.Equal(0, await vmm.WaitForExitAsync("printing"));
        Assert.Empty(vmm.Output.Snapshot());
        Assert.Equal("first\nsecond\n", await File.ReadAllTextAsync(path));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Serial_Input_ReachesTheGuestInOrderBeyondTheFifo(bool servesApi)
    {
        const int count = 200;
        // Poll LSR for data, read RBR, write it back; as many times as bytes are sent.
        GuestProgram program = new GuestProgram().Print("ready\n").LoadEcx(count);
        int loop = program.Position;
        program.LoadDx(0x3fd).Emit(0xec, 0xa8, 0x01).JumpIfEqual(loop);
        program.LoadDx(0x3f8).Emit(0xec, 0xee);
        // dec ecx; jne loop
        program.Emit(0xff, 0xc9).JumpIfNotEqual(loop).Print("\n").PowerOff();
        using VmFolder folder = new VmFolder().WithGuest(program);
        using RunningVmm vmm = folder.Start(servesApi ? ["--api-sock", folder["api.sock"]] : []);
        await vmm.WaitForOutputAsync("ready");

        string typed = string.Concat(Enumerable.Range(0, count).Select(i => (char)('a' + (i % 26))));
        vmm.Type(typed);

        Assert.Equal(0, await vmm.WaitForExitAsync("echoing"));
        Assert.Equal(["ready", typed], vmm.Output.Snapshot());
    }

    [Fact]
    public async Task Serial_RateLimit_DropsAndCountsTheRest()
    {
        using VmFolder folder = new VmFolder().WithGuest(new GuestProgram().Print("0123456789").PowerOff());
        folder.Config["serial"] = JsonNode.Parse("""{"rate_limiter": {"size": 4, "one_time_burst": 2, "refill_time": 100000000}}""");
        using RunningVmm vmm = folder.Start("--metrics-path", folder["metrics"]);

        Assert.Equal(0, await vmm.WaitForExitAsync("printing"));
        Assert.Equal(["012345"], vmm.Output.Snapshot());
        JsonNode uart = JsonNode.Parse(Assert.Single(await File.ReadAllLinesAsync(folder["metrics"])))!["uart"]!;
        Assert.Equal((10, 4), ((long)uart["write_count"]!, (long)uart["rate_limiter_dropped_bytes"]!));
    }

    [Fact]
    public async Task Bus_UnclaimedAddressAndPort_ReadAsAllOnes()
    {
        const uint nobody = 0xd010_0000;
        GuestProgram program = new GuestProgram()
            .MapDeviceMemory(nobody)
            .LoadEdi(nobody).Emit(0x8b, 0x07) // mov eax, [rdi]
            .LoadEdi(GuestProgram.ScratchAddress).Emit(0x89, 0x07) // mov [rdi], eax
            .LoadDx(0x1234).Emit(0xed) // in eax, dx
            .LoadEdi(GuestProgram.ScratchAddress + 4).Emit(0x89, 0x07)
            .Store32(nobody, 0)
            .PrintMemory(GuestProgram.ScratchAddress, 8)
            .PowerOff();
        using VmFolder folder = new VmFolder().WithGuest(program);
        string path = folder["serial.log"];
        folder.Config["serial"] = new JsonObject { ["serial_out_path"] = path };
        using RunningVmm vmm = folder.Start();

        Assert.Equal(0, await vmm.WaitForExitAsync("reading"));
        Assert.Equal(Enumerable.Repeat((byte)0xff, 8), await File.ReadAllBytesAsync(path));
    }
}
