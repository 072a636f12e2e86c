using System.Text.Json.Nodes;
using MicroVm.Vmm.KvmTests.Guests;
using MicroVm.Vmm.KvmTests.Running;

namespace MicroVm.Vmm.KvmTests;

public sealed class ApiTests
{
    [Fact]
    public async Task InstanceStart_ConfiguredPieceByPiece_RunsTheGuest()
    {
        using VmFolder folder = new VmFolder().WithGuest(new GuestProgram().Print("up\n").Spin());
        using RunningVmm vmm = RunningVmm.Start("--api-sock", folder["api.sock"], "--id", "by-api");
        using ApiClient api = await ConnectAsync(vmm, folder);

        Assert.Equal("Not started", (string?)(await api.GetAsync("/"))["state"]);
        await ConfigureAsync(api, folder["kernel"]);
        Assert.Equal((204, null), await StartAsync(api));
        await vmm.WaitForOutputAsync("up");
        JsonNode info = await api.GetAsync("/");
        Assert.Equal("Running", (string?)info["state"]);
        Assert.Equal("by-api", (string?)info["id"]);
        Assert.Equal(400, (await StartAsync(api)).Status);

        vmm.Signal("INT");
        Assert.Equal(40, await vmm.WaitForExitAsync("SIGINT"));
        Assert.False(File.Exists(folder["api.sock"]));
    }

    [Fact]
    public async Task InstanceStart_BadKernel_IsAFaultAfterWhichAGoodOneStarts()
    {
        using VmFolder folder = new VmFolder().WithGuest(new GuestProgram().Print("up\n").PowerOff());
        await File.WriteAllTextAsync(folder["text"], "no kernel\n");
        using RunningVmm vmm = RunningVmm.Start("--api-sock", folder["api.sock"]);
        using ApiClient api = await ConnectAsync(vmm, folder);

        await ConfigureAsync(api, folder["text"]);
        (int status, string? fault) = await StartAsync(api);
        Assert.Equal(400, status);
        Assert.Contains("expected a bzImage or an ELF kernel", fault);

        await ConfigureAsync(api, folder["kernel"]);
        // The guest powers off at once, so the answer may be cut off by the end of the process.
        _ = await Record.ExceptionAsync(() => StartAsync(api));
        Assert.Equal(0, await vmm.WaitForExitAsync("second start"));
        Assert.Equal(["up"], vmm.Output.Snapshot());
    }

    [Fact]
    public async Task Terminate_BeforeAnyStart_EndsWithZero()
    {
        using VmFolder folder = new();
        using RunningVmm vmm = RunningVmm.Start("--api-sock", folder["api.sock"]);
        using ApiClient api = await ConnectAsync(vmm, folder);

        vmm.Signal("TERM");

        Assert.Equal(0, await vmm.WaitForExitAsync("SIGTERM"));
    }

    [Fact]
    public async Task Socket_OfAKilledPredecessor_DoesNotHinderTheNextStart()
    {
        using VmFolder folder = new();
        using (RunningVmm first = RunningVmm.Start("--api-sock", folder["api.sock"]))
        {
            using ApiClient api = await ConnectAsync(first, folder);
            first.Signal("KILL");
            await first.WaitForExitAsync("SIGKILL");
        }

        using RunningVmm second = RunningVmm.Start("--api-sock", folder["api.sock"]);
        using ApiClient again = await ConnectAsync(second, folder);
        Assert.Equal("Not started", (string?)(await again.GetAsync("/"))["state"]);
    }

    [Fact]
    public async Task ConfigFile_WithApi_RunsAtOnceAndAnswers()
    {
        using VmFolder folder = new VmFolder().WithGuest(new GuestProgram().Print("up\n").Spin());
        using RunningVmm vmm = folder.Start("--api-sock", folder["api.sock"]);
        await vmm.WaitForOutputAsync("up");
        using ApiClient api = new(folder["api.sock"]);

        Assert.Equal("Running", (string?)(await api.GetAsync("/"))["state"]);
        Assert.Equal(32, (int?)(await api.GetAsync("/machine-config"))["mem_size_mib"]);
    }

    private static async Task<ApiClient> ConnectAsync(RunningVmm vmm, VmFolder folder)
    {
        await vmm.WaitForErrorAsync("API is served");
        return new ApiClient(folder["api.sock"]);
    }

    private static async Task ConfigureAsync(ApiClient api, string kernel)
    {
        Assert.Equal((204, null), await api.PutAsync("/machine-config", new JsonObject { ["vcpu_count"] = 1, ["mem_size_mib"] = 32 }));
        Assert.Equal((204, null), await api.PutAsync("/boot-source", new JsonObject { ["kernel_image_path"] = kernel }));
    }

    private static Task<(int Status, string? Fault)> StartAsync(ApiClient api) =>
        api.PutAsync("/actions", new JsonObject { ["action_type"] = "InstanceStart" });
}
