using System.Buffers.Binary;
using CsCheck;
using MicroVm.Vmm.Bus;
using MicroVm.Vmm.Devices.Legacy;

namespace MicroVm.Vmm.Tests.Legacy;

public sealed class IoApicTests
{
    private const uint Masked = 1 << 16;
    private readonly RecordingRouter _router = new();
    private readonly IoApic _chip;

    public IoApicTests() => _chip = new IoApic(_router);

    private uint Read(uint register)
    {
        Write32(0, register);
        byte[] data = new byte[4];
        _chip.Read(0x10, data);
        return BinaryPrimitives.ReadUInt32LittleEndian(data);
    }

    private void Write(uint register, uint value)
    {
        Write32(0, register);
        Write32(0x10, value);
    }

    private void Write32(ulong offset, uint value)
    {
        byte[] data = new byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(data, value);
        _chip.Write(offset, data);
    }

    private void WriteEntry(uint pin, uint low, uint high)
    {
        Write(0x11 + (pin * 2), high);
        Write(0x10 + (pin * 2), low);
    }

    [Fact]
    public void Registers_AtFirst_SayTwentyFourMaskedPins()
    {
        Assert.Equal(0x0017_0011u, Read(1));
        for (uint pin = 0; pin < IoApic.PinCount; pin++)
        {
            Assert.Equal(Masked, Read(0x10 + (pin * 2)));
            Assert.Equal(0u, Read(0x11 + (pin * 2)));
        }

        Assert.Empty(_router.Calls);
    }

    [Theory]
    [InlineData(0x0000_0041u, 0x0000_0000u, 0xfee0_0000u, 0x041u)] // fixed, physical
    [InlineData(0x0000_0041u, 0x0300_0000u, 0xfee0_3000u, 0x041u)] // APIC id 3
    [InlineData(0x0000_0931u, 0x0f00_0000u, 0xfee0_f00cu, 0x131u)] // lowest priority, logical
    [InlineData(0x0000_a041u, 0x0000_0000u, 0xfee0_0000u, 0x041u)] // level and low-active: an edge all the same
    [InlineData(0x0000_0400u, 0x0000_0000u, 0xfee0_0000u, 0x400u)] // NMI
    public void Entry_Unmasked_BecomesItsMessage(uint low, uint high, uint address, uint data)
    {
        WriteEntry(5, low, high);

        Assert.Equal([$"connect 5 {address:x} {data:x}"], _router.Calls);
    }

    [Fact]
    public void Entry_MaskedAgain_SendsNothing()
    {
        WriteEntry(23, 0x51, 0);
        Write(0x10 + (23 * 2), Masked | 0x51);

        Assert.Equal(["connect 23 fee00000 51", "disconnect 23"], _router.Calls);
        Assert.Equal(Masked | 0x51, Read(0x10 + (23 * 2)));
    }

    [Fact]
    public void Entry_WrittenWithoutAChange_IsNotRoutedAgain()
    {
        WriteEntry(4, 0x30, 0);
        WriteEntry(4, 0x30, 0);
        Write(0x10 + (4 * 2), 0x30 | (1 << 15));
        WriteEntry(4, Masked, 0x0100_0000);
        WriteEntry(4, Masked | 0x77, 0x0200_0000);

        Assert.Equal(["connect 4 fee00000 30", "connect 4 fee01000 30", "disconnect 4"], _router.Calls);
    }

    [Fact]
    public void Entry_ForAnExternalController_SendsNothing()
    {
        WriteEntry(0, 0x0700, 0);

        Assert.Empty(_router.Calls);
    }

    [Fact]
    public void ReadOnlyAndUnknownBits_Written_ReadAsZero()
    {
        WriteEntry(1, uint.MaxValue, uint.MaxValue);

        Assert.Equal(0x0001_afffu, Read(0x12));
        Assert.Equal(0xff00_0000u, Read(0x13));
    }

    [Fact]
    public void AnyAccess_OfAnySize_NeverThrowsAndKeepsRoutesWithinThePins() =>
        Gen.Select(Gen.Bool, Gen.ULong[0, 0x1000], Gen.Int[0, 3].Select(shift => 1 << shift), Gen.UInt).Array[0, 200].Sample(
            accesses =>
            {
                RecordingRouter router = new();
                IoApic chip = new(router);
                foreach ((bool write, ulong offset, int size, uint value) in accesses)
                {
                    byte[] data = new byte[8];
                    BinaryPrimitives.WriteUInt32LittleEndian(data, value);
                    // Half of the accesses hit the two registers that exist.
                    ulong at = (value & 1) == 0 ? offset & 0x10 : offset;
                    if (write)
                    {
                        chip.Write(at, data.AsSpan(0, size));
                    }
                    else
                    {
                        chip.Read(at, data.AsSpan(0, size));
                    }
                }

                return router.HighestGsi < IoApic.PinCount;
            },
            iter: 2000);

    private sealed class RecordingRouter : IInterruptRouter
    {
        internal List<string> Calls { get; } = [];

        internal uint HighestGsi { get; private set; }

        public void Connect(uint gsi, uint address, uint data)
        {
            HighestGsi = Math.Max(HighestGsi, gsi);
            Calls.Add($"connect {gsi} {address:x} {data:x}");
        }

        public void Disconnect(uint gsi) => Calls.Add($"disconnect {gsi}");
    }
}
