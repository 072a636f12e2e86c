using System.Text.Json.Nodes;
using MicroVm.Vmm.KvmTests.Guests;
using MicroVm.Vmm.KvmTests.Running;

namespace MicroVm.Vmm.KvmTests;

public sealed class LegacyDeviceTests
{
    private const uint BootTimer = 0xc000_0000;

    [Fact]
    public async Task BootTimer_WrittenByTheGuest_IsALineInTheLog()
    {
        using VmFolder folder = new VmFolder().WithGuest(BootedGuest());
        using RunningVmm vmm = folder.Start("--boot-timer");

        Assert.Equal(0, await vmm.WaitForExitAsync("boot timer"));
        Assert.Single(vmm.Error.Snapshot(), line => line.Contains("Guest-boot-time = ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task BootTimer_NotAskedFor_IsNotThere()
    {
        using VmFolder folder = new VmFolder().WithGuest(BootedGuest());
        using RunningVmm vmm = folder.Start();

        Assert.Equal(0, await vmm.WaitForExitAsync("no boot timer"));
        Assert.DoesNotContain(vmm.Error.Snapshot(), line => line.Contains("Guest-boot-time", StringComparison.Ordinal));
    }

    [Fact]
    public async Task SendCtrlAltDel_ReachesAGuestThatReadsItsKeyboard()
    {
        byte[] codes = [0x14, 0x11, 0xe0, 0x71, 0xe0, 0xf0, 0x71, 0xf0, 0x11, 0xf0, 0x14];
        GuestProgram program = new GuestProgram().Print("up\n");
        foreach (byte code in codes)
        {
            program.LoadDx(0x64);
            int loop = program.Position;
            program.Emit(0xec, 0xa8, 0x01).JumpIfEqual(loop) // in al, dx; test al, 1
                .LoadDx(0x60).Emit(0xec, 0x3c, code, 0x74, 0x02, 0x0f, 0x0b); // in al, dx; cmp al, code; je over ud2
        }

        program.Print("keys\n").PowerOff();
        using VmFolder folder = new VmFolder().WithGuest(program);
        using RunningVmm vmm = folder.Start("--api-sock", folder["api.sock"]);
        await vmm.WaitForOutputAsync("up");
        using ApiClient api = new(folder["api.sock"]);

        // The guest powers off at once, so the answer may be cut off by the end of the process.
        _ = await Record.ExceptionAsync(() => api.PutAsync("/actions", new JsonObject { ["action_type"] = "SendCtrlAltDel" }));
        Assert.Equal(0, await vmm.WaitForExitAsync("ctrl-alt-del"));
        Assert.Equal(["up", "keys"], vmm.Output.Snapshot());
    }

    private static GuestProgram BootedGuest() =>
        new GuestProgram().MapDeviceMemory(BootTimer).LoadEdi(BootTimer).Emit(0xc6, 0x07, 123, 0xc6, 0x07, 123).PowerOff(); // mov byte [rdi], 123
}
