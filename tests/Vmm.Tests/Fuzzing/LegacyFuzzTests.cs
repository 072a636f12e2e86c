using CsCheck;
using MicroVm.Vmm.Bus;
using MicroVm.Vmm.Devices.Legacy;
using MicroVm.Vmm.Tests.Legacy;

namespace MicroVm.Vmm.Tests.Fuzzing;

/// <summary>Serial port, keyboard controller, power registers, pvpanic, boot timer and I/O APIC on one bus, accessed anywhere with any size.</summary>
public sealed class LegacyFuzzTests
{
    private const ulong Serial = 0x3f8;
    private const ulong Keyboard = 0x60;
    private const ulong Power = 0x600;
    private const ulong Panic = 0x505;
    private const ulong Timer = 0xc000_0000;
    private const ulong Chip = 0xfec0_0000;
    private const long AllocationLimit = 4096;

    private static readonly Gen<ulong> s_address = Gen.OneOf(
        Gen.ULong[Serial, Serial + 8],
        Gen.ULong[Keyboard, Keyboard + 5],
        Gen.ULong[Power, Power + 3],
        Gen.ULong[Timer, Timer + 2],
        GuestActions.Of(Panic, Chip, Chip + 0x10, Chip + 4, Chip + 0xffd, ulong.MaxValue),
        Mutations.EdgeNumber);

    private static readonly Gen<(ulong Address, int SizeShift, ulong Value, int Kind)[]> s_accesses =
        Gen.Select(s_address, Gen.Int[0, 3], Mutations.EdgeNumber, Gen.Int[0, 6]).Array[1, 200];

    [Fact]
    public void Bus_AnyAccess_NeitherThrowsNorGrowsAndSerialStillSends() => FuzzRun.Run("legacy", s_accesses, static accesses =>
    {
        var output = new CollectingSerialOutput();
        var serial = new Serial16550(new CountingInterrupt(), output);
        var keyboard = new KeyboardController(new CountingInterrupt(), static () => { });
        IoBus bus = new();
        bus.Add(Serial, 8, serial);
        bus.Add(Keyboard, 5, keyboard);
        bus.Add(Power, 3, new AcpiPowerDevice(static () => { }, static () => { }));
        bus.Add(Panic, 1, new PvpanicDevice(static _ => { }));
        bus.Add(Timer, 0x1000, new BootTimer(0, 0, static _ => { }));
        bus.Add(Chip, 0x1000, new IoApic(new CheckingRouter()));
        Span<byte> data = stackalloc byte[8];
        Access(bus, serial, keyboard, data, (Serial, 0, 0, 0));
        long before = GC.GetAllocatedBytesForCurrentThread();
        foreach ((ulong, int, ulong, int) access in accesses)
        {
            Access(bus, serial, keyboard, data, access);
        }

        // One line of the boot timer, and the collecting output's own growth.
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, AllocationLimit);
        bus.Write(Serial + 3, [0]);
        bus.Write(Serial + 4, [0]);
        bus.Write(Serial, "z"u8);
        Assert.EndsWith("z", output.Text, StringComparison.Ordinal);
    });

    private static void Access(IoBus bus, Serial16550 serial, KeyboardController keyboard, Span<byte> data, (ulong Address, int SizeShift, ulong Value, int Kind) access)
    {
        BitConverter.TryWriteBytes(data, access.Value);
        switch (access.Kind)
        {
            case 0:
                serial.Receive(data);
                break;
            case 1:
                keyboard.TrySendCtrlAltDel();
                break;
            case <= 3:
                bus.Read(access.Address, data[..(1 << access.SizeShift)]);
                break;
            default:
                bus.Write(access.Address, data[..(1 << access.SizeShift)]);
                break;
        }
    }

    /// <summary>What the kernel would be told: only pins that exist, and messages to local APICs alone.</summary>
    private sealed class CheckingRouter : IInterruptRouter
    {
        public void Connect(uint gsi, uint address, uint data)
        {
            Assert.True(gsi < IoApic.PinCount);
            Assert.True(address >> 20 == 0xfee);
            Assert.True(data <= 0x7ff);
        }

        public void Disconnect(uint gsi) => Assert.True(gsi < IoApic.PinCount);
    }
}
