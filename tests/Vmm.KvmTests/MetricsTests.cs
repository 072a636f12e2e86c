using System.Text.Json.Nodes;
using MicroVm.Vmm.KvmTests.Guests;
using MicroVm.Vmm.KvmTests.Running;

namespace MicroVm.Vmm.KvmTests;

public sealed class MetricsTests
{
    [Fact]
    public async Task Metrics_OfAGuestThatEnds_AreALineAtTheEnd()
    {
        GuestProgram program = new();
        GuestVirtioQueue queue = new GuestVirtioDevice(program, slot: 0, queueCount: 1).Queues[0];
        queue.Offer(new GuestBuffer(GuestProgram.ScratchAddress + 0x10_0000, 64, Writable: true)).Ring().WaitForAll();
        using VmFolder folder = new VmFolder().WithGuest(program.Print("x").PowerOff());
        folder.Config["entropy"] = new JsonObject();
        using RunningVmm vmm = folder.Start("--metrics-path", folder["metrics"]);

        Assert.Equal(0, await vmm.WaitForExitAsync("metrics"));
        JsonNode line = JsonNode.Parse(Assert.Single(await File.ReadAllLinesAsync(folder["metrics"])))!;
        Assert.Equal(1, (long)line["entropy"]!["entropy_event_count"]!);
        Assert.Equal(64, (long)line["entropy"]!["entropy_bytes"]!);
        Assert.Equal(2, (long)line["vcpu"]!["exit_io_out"]!);
        Assert.InRange((long)line["vcpu"]!["exit_mmio_write"]!, 10, 1000);
    }
}
