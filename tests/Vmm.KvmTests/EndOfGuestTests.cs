using MicroVm.Vmm.KvmTests.Guests;
using MicroVm.Vmm.KvmTests.Running;

namespace MicroVm.Vmm.KvmTests;

public sealed class EndOfGuestTests
{
    [Theory]
    [InlineData("i8042", "guest reset")]
    [InlineData("ACPI reset register", "guest reset")]
    [InlineData("S5", "guest powered off")]
    [InlineData("triple fault", "guest reset by a triple fault")]
    public async Task Guest_EndingItself_EndsTheProcessWithZero(string way, string logged)
    {
        GuestProgram program = new GuestProgram().Print($"leaving by {way}\n");
        _ = way switch
        {
            "i8042" => program.Reset(),
            "ACPI reset register" => program.Out(0x602, 1).Stop(),
            "S5" => program.PowerOff(),
            _ => program.Emit(0x0f, 0x0b),
        };
        using VmFolder folder = new VmFolder().WithGuest(program);
        using RunningVmm vmm = folder.Start();

        Assert.Equal(0, await vmm.WaitForExitAsync(way));
        Assert.Equal([$"leaving by {way}"], vmm.Output.Snapshot());
        Assert.EndsWith(logged, vmm.Error.Snapshot()[^1]);
    }

    [Theory]
    [InlineData(true, "guest panicked, then: guest reset")]
    [InlineData(false, "guest panicked, then: guest reset by a triple fault")]
    public async Task Guest_ThatTellsAPanicAndResets_EndsTheProcessWithItsCode(bool byKeyboard, string logged)
    {
        GuestProgram program = new GuestProgram().Out(0x505, 1).Out(0x505, 1).Print("dead\n");
        _ = byKeyboard ? program.Reset() : program.Emit(0x0f, 0x0b);
        using VmFolder folder = new VmFolder().WithGuest(program);
        using RunningVmm vmm = folder.Start("--metrics-path", folder["metrics"]);

        Assert.Equal(33, await vmm.WaitForExitAsync("panic"));
        IReadOnlyList<string> lines = vmm.Error.Snapshot();
        Assert.EndsWith(logged, lines[^1]);
        Assert.Single(lines, line => line.EndsWith("guest panicked", StringComparison.Ordinal));
        Assert.Contains("\"pvpanic\":{\"panic_count\":2}", await File.ReadAllTextAsync(folder["metrics"]), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("halted")]
    [InlineData("spinning")]
    public async Task Interrupt_RunningGuest_EndsAtOnce(string state)
    {
        GuestProgram program = new GuestProgram().Print("up\n");
        using VmFolder folder = new VmFolder().WithGuest(state == "halted" ? program.Stop() : program.Spin());
        using RunningVmm vmm = folder.Start();
        await vmm.WaitForOutputAsync("up");

        vmm.Signal("INT");

        Assert.Equal(40, await vmm.WaitForExitAsync("SIGINT"));
    }

    [Fact]
    public async Task Terminate_GuestThatIgnoresItsPowerButton_EndsAtTheSecond()
    {
        using VmFolder folder = new VmFolder().WithGuest(new GuestProgram().Print("up\n").Spin());
        folder.Config["machine-config"]!["vcpu_count"] = 2;
        using RunningVmm vmm = folder.Start();
        await vmm.WaitForOutputAsync("up");

        vmm.Signal("TERM");
        await vmm.WaitForErrorAsync("asked the guest to stop");
        vmm.Signal("TERM");

        Assert.Equal(40, await vmm.WaitForExitAsync("second SIGTERM"));
    }

    /// <summary>The guest routes the event device's pin to a vector and polls the local APIC for it, with interrupts off.</summary>
    [Fact]
    public async Task Terminate_GuestWithPowerButtonInterrupt_IsAskedToStop()
    {
        const uint ioApic = 0xfec0_0000;
        const uint localApic = 0xfee0_0000;
        const byte vector = 0x41;
        const uint requestRegister = localApic + 0x200 + (vector / 32 * 0x10);
        GuestProgram program = new GuestProgram()
            .MapDeviceMemory(ioApic)
            .MapDeviceMemory(localApic)
            .Store32(localApic + 0xf0, 0x1ff)
            .Store32(ioApic, 0x10 + (23 * 2) + 1).Store32(ioApic + 0x10, 0)
            .Store32(ioApic, 0x10 + (23 * 2)).Store32(ioApic + 0x10, vector)
            .Print("up\n")
            .LoadEdi(requestRegister);
        int loop = program.Position;
        // test dword [rdi], 1 << (vector % 32); je loop
        program.Emit(0xf3, 0x90, 0xf7, 0x07).Imm32(1u << (vector % 32)).JumpIfEqual(loop)
            .Print("button\n")
            .PowerOff();
        using VmFolder folder = new VmFolder().WithGuest(program);
        using RunningVmm vmm = folder.Start();
        await vmm.WaitForOutputAsync("up");

        vmm.Signal("TERM");

        Assert.Equal(0, await vmm.WaitForExitAsync("SIGTERM"));
        Assert.Equal(["up", "button"], vmm.Output.Snapshot());
    }
}
