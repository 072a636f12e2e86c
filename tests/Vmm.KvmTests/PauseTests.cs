using System.Text.Json.Nodes;
using MicroVm.Vmm.KvmTests.Guests;
using MicroVm.Vmm.KvmTests.Running;

namespace MicroVm.Vmm.KvmTests;

public sealed class PauseTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)] // the second one waits for its start in the kernel
    public async Task Pause_OfAGuestThatCounts_StopsTheCountUntilItIsResumed(int vcpus)
    {
        GuestProgram program = new GuestProgram().LoadDx(0x3f8).Emit(0xb0, (byte)'.', 0xee, 0xeb, 0xfb); // out dx, al; jmp
        using VmFolder folder = new VmFolder().WithGuest(program);
        folder.Config["machine-config"]!["vcpu_count"] = vcpus;
        folder.Config["serial"] = new JsonObject { ["serial_out_path"] = folder["serial.log"] };
        using RunningVmm vmm = folder.Start("--api-sock", folder["api.sock"]);
        await vmm.WaitForErrorAsync("guest started");
        using ApiClient api = new(folder["api.sock"]);

        for (int round = 0; round < 3; round++)
        {
            await WaitUntilItCountsAsync(api, folder["serial.log"]);
            Assert.Equal((204, null), await SetAsync(api, "Paused"));
            long paused = Length(folder["serial.log"]);
            for (int i = 0; i < 20; i++)
            {
                Assert.Equal("Paused", (string?)(await api.GetAsync("/"))["state"]);
            }

            Assert.Equal(paused, Length(folder["serial.log"]));
            Assert.Equal((204, null), await SetAsync(api, "Paused"));
            Assert.Equal((204, null), await SetAsync(api, "Resumed"));
        }

        await WaitUntilItCountsAsync(api, folder["serial.log"]);
        vmm.Signal("INT");
        Assert.Equal(40, await vmm.WaitForExitAsync("running"));
    }

    [Fact]
    public async Task End_WhilePaused_IsAnEnd()
    {
        using VmFolder folder = new VmFolder().WithGuest(new GuestProgram().Spin());
        using RunningVmm vmm = folder.Start("--api-sock", folder["api.sock"]);
        await vmm.WaitForErrorAsync("guest started");
        using ApiClient api = new(folder["api.sock"]);
        Assert.Equal((204, null), await SetAsync(api, "Paused"));
        vmm.Signal("INT");
        Assert.Equal(40, await vmm.WaitForExitAsync("paused"));
    }

    private static Task<(int Status, string? Fault)> SetAsync(ApiClient api, string state) =>
        api.PatchAsync("/vm", new JsonObject { ["state"] = state });

    private static async Task WaitUntilItCountsAsync(ApiClient api, string path)
    {
        long before = Length(path);
        long deadline = Environment.TickCount64 + 20_000;
        while (Length(path) == before)
        {
            Assert.True(Environment.TickCount64 < deadline, $"the guest stands still at {before}");
            await api.GetAsync("/");
        }
    }

    private static long Length(string path) => new FileInfo(path).Length;
}
