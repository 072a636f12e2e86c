using System.Text.Json.Nodes;
using MicroVm.TestKit;
using MicroVm.Vmm.KvmTests.Guests;
using MicroVm.Vmm.KvmTests.Running;

namespace MicroVm.Vmm.KvmTests;

/// <summary>Guests that do their worst on a real vCPU: the process lives, says little, and does not grow.</summary>
public sealed class HostileGuestTests
{
    private const uint IoApic = 0xfec0_0000;
    private const uint Nobody = 0xd010_0000;
    private const uint WindowBytes = 0x1000;
    private const ushort NobodysPort = 0x9990;

    /// <summary>What the garbage collector's first generation may take before it collects, and a stack page or two.</summary>
    private const long GrowthKilobytes = 384;
    private const int MostLinesOfADevice = 3;

    public static TheoryData<string> Devices => [.. HostileSubject.Kinds];

    [Theory]
    [MemberData(nameof(Devices))]
    public async Task Device_BrokenInATightLoop_SaysLittleAndServesAfterwards(string kind)
    {
        const int warmUp = 20;
        const int rounds = 300;
        HostileSubject subject = HostileSubject.Make(kind);
        GuestProgram program = new();
        void Break(GuestProgram body)
        {
            GuestVirtioDevice device = subject.EmitStart(body);
            device.Queues[subject.RequestQueue].SetAvailableIndex(GuestVirtioQueue.Size + 1).Ring();
            device.WaitUntilItNeedsReset();
        }

        program.Repeat(warmUp, Break).Print("warm\n").WaitForInput();
        program.Repeat(rounds, Break).Print("broken\n").WaitForInput();
        EmitServe(program, subject);
        using VmFolder folder = Prepare(subject, program);
        using RunningVmm vmm = folder.Start("--metrics-path", folder["metrics"]);

        long growth = await GrowthBetweenAsync(vmm, "warm", "broken");
        Assert.Equal(0, await vmm.WaitForExitAsync("serving"));
        Assert.Equal("served", vmm.Output.Snapshot()[^1]);
        Assert.InRange(growth, long.MinValue, GrowthKilobytes);
        JsonNode counters = JsonNode.Parse((await File.ReadAllLinesAsync(folder["metrics"]))[^1])![subject.MetricsSection]!;
        Assert.Equal(warmUp + rounds, (long)counters["guest_faults"]!);
        Assert.InRange(vmm.Error.Snapshot().Count(line => line.Contains("guest fault AvailableIndexJump", StringComparison.Ordinal)), 1, MostLinesOfADevice);
    }

    /// <summary>CVE-2026-5747: nothing of a running queue can be changed.</summary>
    [Theory]
    [MemberData(nameof(Devices))]
    public async Task QueueRegisters_AfterDriverOk_ChangeNothing(string kind)
    {
        HostileSubject subject = HostileSubject.Make(kind);
        GuestProgram program = new();
        subject.EmitRequest(program, subject.EmitStart(program).SpoilQueueRegisters());
        program.Print("served\n").PowerOff();
        using VmFolder folder = Prepare(subject, program);
        using RunningVmm vmm = folder.Start();

        Assert.Equal(0, await vmm.WaitForExitAsync("serving"));
        Assert.Equal(["served"], vmm.Output.Snapshot());
        Assert.DoesNotContain(vmm.Error.Snapshot(), line => line.Contains("guest fault", StringComparison.Ordinal));
    }

    /// <summary>Every byte of the window, read and written with one, two, four and eight bytes, also across its end.</summary>
    [Theory]
    [MemberData(nameof(Devices))]
    public async Task Window_EveryOffsetAndSize_IsHarmless(string kind)
    {
        HostileSubject subject = HostileSubject.Make(kind);
        GuestProgram program = new();
        GuestVirtioDevice device = subject.EmitStart(program);
        program.LoadEdi(device.Window).Repeat((int)WindowBytes, body => body.Emit(
            0x8a, 0x07, 0x66, 0x8b, 0x07, 0x8b, 0x07, 0x48, 0x8b, 0x07, // mov al, ax, eax, rax from [rdi]
            0x89, 0xf8, // mov eax, edi
            0x88, 0x07, 0x66, 0x89, 0x07, 0x89, 0x07, 0x48, 0x89, 0x07, // mov [rdi] from al, ax, eax, rax
            0xff, 0xc7)); // inc edi
        EmitServe(program, subject);
        using VmFolder folder = Prepare(subject, program);
        using RunningVmm vmm = folder.Start();

        Assert.Equal(0, await vmm.WaitForExitAsync("serving"));
        Assert.Equal(["served"], vmm.Output.Snapshot());
    }

    /// <summary>One vCPU starts the device and sends requests, again and again, while the other writes anything to its registers.</summary>
    [Theory]
    [MemberData(nameof(Devices))]
    public async Task Registers_ByTwoVcpusWhileRequestsAreServed_LeaveADeviceThatServes(string kind)
    {
        HostileSubject subject = HostileSubject.Make(kind);
        GuestProgram program = new();
        GuestVirtioDevice device = subject.EmitStart(program);
        SecondVcpu.EmitStart(program, device.Window, writes: 10_000);
        program.Repeat(200, body => subject.EmitOffer(body, subject.EmitStart(body)));
        SecondVcpu.EmitWait(program);
        EmitServe(program, subject);
        using VmFolder folder = Prepare(subject, program);
        folder.Config["machine-config"]!["vcpu_count"] = 2;
        using RunningVmm vmm = folder.Start();

        Assert.Equal(0, await vmm.WaitForExitAsync("serving"));
        Assert.Equal(["served"], vmm.Output.Snapshot());
        Assert.InRange(vmm.Error.Snapshot().Count(line => line.Contains("guest fault", StringComparison.Ordinal)), 0, MostLinesOfADevice);
    }

    [Fact]
    public async Task Bus_UnclaimedInATightLoopAtEverySize_GrowsNothing()
    {
        const int rounds = 3000;
        GuestProgram program = new GuestProgram().MapDeviceMemory(Nobody);
        program.Repeat(100, EmitUnclaimed).Print("warm\n").WaitForInput();
        program.Repeat(rounds, EmitUnclaimed).Print("done\n").WaitForInput().PowerOff();
        using VmFolder folder = new VmFolder().WithGuest(program);
        using RunningVmm vmm = folder.Start("--metrics-path", folder["metrics"]);

        long growth = await GrowthBetweenAsync(vmm, "warm", "done");
        Assert.Equal(0, await vmm.WaitForExitAsync("power off"));

        // That the guest has started and that it is off.
        Assert.InRange(vmm.Error.Snapshot().Count, 0, 2);
        Assert.InRange(growth, long.MinValue, GrowthKilobytes);
        JsonNode vcpu = JsonNode.Parse((await File.ReadAllLinesAsync(folder["metrics"]))[^1])!["vcpu"]!;
        Assert.True((long)vcpu["unclaimed_accesses"]! >= 16 * rounds, $"{vcpu}");
        Assert.True((long)vcpu["exit_mmio_read"]! >= 4 * rounds, $"{vcpu}");
        Assert.True((long)vcpu["exit_mmio_write"]! >= 4 * rounds, $"{vcpu}");
        Assert.True((long)vcpu["exit_io_in"]! >= 4 * rounds, $"{vcpu}");
        Assert.True((long)vcpu["exit_io_out"]! >= 4 * rounds, $"{vcpu}");
    }

    /// <summary>CVE-2020-27174: input that the guest does not read stays where it comes from.</summary>
    [Fact]
    public async Task Console_InputWithoutEndToAGuestThatDoesNotRead_IsNotTaken()
    {
        byte[] input = new byte[4 << 20];
        GuestProgram program = new GuestProgram().MapDeviceMemory(Nobody).Print("ready\n");
        program.Repeat(3000, EmitUnclaimed).Print("waited\n").Spin();
        using VmFolder folder = new VmFolder().WithGuest(program);
        using RunningVmm vmm = folder.Start();
        await vmm.WaitForOutputAsync("ready");
        long before = OwnKilobytes(vmm);

        Task typing = vmm.TypeAsync(input);
        await vmm.WaitForOutputAsync("waited");
        Assert.False(typing.IsCompleted);
        Assert.InRange(OwnKilobytes(vmm) - before, long.MinValue, GrowthKilobytes);
        vmm.Signal("INT");
        Assert.Equal(40, await vmm.WaitForExitAsync("SIGINT"));
        await Record.ExceptionAsync(() => typing);
    }

    /// <summary>Every register of the I/O APIC with words that mean something to it and words that do not; it routes interrupts in the kernel.</summary>
    [Fact]
    public async Task IoApic_AnyWordInAnyRegister_IsHarmless()
    {
        GuestProgram program = new GuestProgram().MapDeviceMemory(IoApic);
        foreach (uint value in (uint[])[0xffff_ffff, 0, 0x0000_0700, 0x0001_8931, 0xff00_00fe, 0x0000_0a00])
        {
            // mov esi, 0; then for each of 64 registers: mov [rdi], esi; mov dword [rdi + 16], value; mov eax, [rdi + 16]; inc esi
            program.LoadEdi(IoApic).LoadEsi(0).Repeat(64, body => body.Emit(0x89, 0x37, 0xc7, 0x47, 0x10).Imm32(value).Emit(0x8b, 0x47, 0x10, 0xff, 0xc6));
        }

        program.Print("alive\n").PowerOff();
        using VmFolder folder = new VmFolder().WithGuest(program);
        using RunningVmm vmm = folder.Start();

        Assert.Equal(0, await vmm.WaitForExitAsync("I/O APIC"));
        Assert.Equal(["alive"], vmm.Output.Snapshot());
    }

    // out and in of every size, repeated ones too, and moves of every size, once across the end of a page.
    private static void EmitUnclaimed(GuestProgram body) => body
        .LoadDx(NobodysPort)
        .Emit(0xee, 0x66, 0xef, 0xef, 0xec, 0x66, 0xed, 0xed)
        .LoadEsi(GuestProgram.ScratchAddress).LoadEcx(16).Emit(0xf3, 0x6f) // rep outsd
        .LoadEdi(GuestProgram.ScratchAddress).LoadEcx(16).Emit(0xf3, 0x6d) // rep insd
        .LoadEdi(Nobody)
        .Emit(0x88, 0x07, 0x66, 0x89, 0x07, 0x89, 0x07, 0x48, 0x89, 0x07)
        .Emit(0x8a, 0x07, 0x66, 0x8b, 0x07, 0x8b, 0x07, 0x48, 0x8b, 0x07)
        .LoadEdi(Nobody + WindowBytes - 3)
        .Emit(0x48, 0x89, 0x07, 0x48, 0x8b, 0x07);

    private static void EmitServe(GuestProgram program, HostileSubject subject)
    {
        subject.EmitRequest(program, subject.EmitStart(program));
        program.Print("served\n").PowerOff();
    }

    private static VmFolder Prepare(HostileSubject subject, GuestProgram program)
    {
        VmFolder folder = new VmFolder().WithGuest(program);
        subject.Configure(folder);
        return folder;
    }

    /// <summary>KiB that the process has grown between two lines of the guest, which waits for a key at each.</summary>
    private static async Task<long> GrowthBetweenAsync(RunningVmm vmm, string first, string second)
    {
        await vmm.WaitForOutputAsync(first);
        long before = OwnKilobytes(vmm);
        vmm.Type("k");
        await vmm.WaitForOutputAsync(second);
        long after = OwnKilobytes(vmm);
        vmm.Type("k");
        return after - before;
    }

    private static long OwnKilobytes(RunningVmm vmm) => ProcessMemory.Read(vmm.ProcessId, VmFolder.MemoryMib).AnonymousKib;
}
