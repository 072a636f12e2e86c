using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using MicroVm.Vmm.KvmTests.Guests;
using MicroVm.TestKit;
using MicroVm.Vmm.KvmTests.Running;

namespace MicroVm.Vmm.KvmTests;

public sealed class BalloonTests
{
    private const uint Filled = 0x100_0000;
    private const uint FilledBytes = 4 << 20;
    private const uint PageSize = 4096;
    private const int GuestMib = 32;

    [Fact]
    public async Task Inflate_ByTheGuest_GivesItsMemoryBackToTheHost()
    {
        uint[] pages = [.. Enumerable.Range(0, (int)(FilledBytes / PageSize)).Select(i => (Filled / PageSize) + (uint)i)];
        GuestProgram program = new();
        GuestVirtioQueue inflate = new GuestVirtioDevice(program, slot: 0, queueCount: 2).Queues[0];
        program.LoadEdi(Filled).LoadEcx(FilledBytes).Emit(0xb0, 0x55, 0xf3, 0xaa) // mov al, 0x55; rep stosb
            .Print("full\n")
            .WaitForInput();
        inflate.Offer(new GuestBuffer(program.Data(MemoryMarshal.AsBytes(pages.AsSpan())), (uint)pages.Length * sizeof(uint), false))
            .Ring()
            .WaitForAll();
        program.Print("given\n").WaitForInput().PowerOff();
        using VmFolder folder = new VmFolder().WithGuest(program);
        folder.Config["balloon"] = new JsonObject { ["amount_mib"] = 4, ["deflate_on_oom"] = false };
        using RunningVmm vmm = folder.Start();

        await vmm.WaitForOutputAsync("full");
        long full = ProcessMemory.Read(vmm.ProcessId, GuestMib).GuestRssKib;
        vmm.Type("g");
        await vmm.WaitForOutputAsync("given");
        long given = ProcessMemory.Read(vmm.ProcessId, GuestMib).GuestRssKib;
        vmm.Type("q");

        Assert.Equal(0, await vmm.WaitForExitAsync("balloon"));
        Assert.Equal(FilledBytes / 1024, full - given);
    }

    [Fact]
    public async Task Inflate_NumbersThatAreNoMemory_HurtNobody()
    {
        uint[] pages = [uint.MaxValue, 0xc0000, 0xd0000, 0xfffff, 0x80000000, 8192, uint.MaxValue];
        GuestProgram program = new();
        GuestVirtioQueue inflate = new GuestVirtioDevice(program, slot: 0, queueCount: 2).Queues[0];
        uint list = program.Data(MemoryMarshal.AsBytes(pages.AsSpan()));
        inflate.Offer(new GuestBuffer(list, (uint)pages.Length * sizeof(uint), false))
            .Offer(new GuestBuffer(list, 3, false))
            .Offer(new GuestBuffer(Filled, 8 << 20, false))
            .Ring()
            .WaitForAll();
        program.Print("alive\n").PowerOff();
        using VmFolder folder = new VmFolder().WithGuest(program);
        folder.Config["balloon"] = new JsonObject { ["amount_mib"] = 4, ["deflate_on_oom"] = false };
        using RunningVmm vmm = folder.Start();

        Assert.Equal(0, await vmm.WaitForExitAsync("balloon"));
        Assert.Equal(["alive"], vmm.Output.Snapshot());
    }
}
