using System.Text.Json.Nodes;
using MicroVm.Vmm.KvmTests.Guests;
using MicroVm.Vmm.KvmTests.Running;

namespace MicroVm.Vmm.KvmTests;

/// <summary>Where a guest without a CMOS clock takes the time of day from (docs/decisions/clock.md).</summary>
public sealed class WallClockTests
{
    // MSR_KVM_WALL_CLOCK_NEW; the guest gives an address, KVM writes struct pvclock_wall_clock there: version, seconds, nanoseconds.
    private const uint WallClockMsr = 0x4b56_4d00;

    [Fact]
    public async Task KvmClock_AskedForTheWallClock_SaysWhenTheGuestStarted()
    {
        GuestProgram program = new GuestProgram()
            .LoadEcx(WallClockMsr)
            .Emit(0xb8).Imm32(GuestProgram.ScratchAddress).Emit(0x31, 0xd2, 0x0f, 0x30) // mov eax, address; xor edx, edx; wrmsr
            .PrintMemory(GuestProgram.ScratchAddress, 12)
            .PowerOff();
        using VmFolder folder = new VmFolder().WithGuest(program);
        folder.Config["serial"] = new JsonObject { ["serial_out_path"] = folder["serial"] };
        long before = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
        using RunningVmm vmm = folder.Start();

        Assert.Equal(0, await vmm.WaitForExitAsync("wall clock"));
        byte[] clock = await File.ReadAllBytesAsync(folder["serial"]);
        Assert.Equal(0u, BitConverter.ToUInt32(clock) & 1);
        Assert.InRange(BitConverter.ToUInt32(clock, 4), before - 1, DateTimeOffset.UtcNow.ToUnixTimeSeconds() + 1);
    }

    [Fact]
    public async Task CmosClock_LookedForAllTheSame_ReadsAsNothing()
    {
        GuestProgram program = new GuestProgram()
            .Out(0x70, 0x0a)
            .LoadDx(0x71).Emit(0xec) // in al, dx
            .LoadEdi(GuestProgram.ScratchAddress).Emit(0x88, 0x07) // mov [rdi], al
            .PrintMemory(GuestProgram.ScratchAddress, 1)
            .PowerOff();
        using VmFolder folder = new VmFolder().WithGuest(program);
        folder.Config["serial"] = new JsonObject { ["serial_out_path"] = folder["serial"] };
        using RunningVmm vmm = folder.Start();

        Assert.Equal(0, await vmm.WaitForExitAsync("CMOS clock"));
        Assert.Equal([0xff], await File.ReadAllBytesAsync(folder["serial"]));
    }
}
