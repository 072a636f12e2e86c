using MicroVm.Vmm.Devices.Legacy;

namespace MicroVm.Vmm.Tests.Legacy;

public sealed class ResetDevicesTests
{
    private int _powerOffs;
    private int _resets;

    [Theory]
    [InlineData(4UL, 0xfe, 1)]
    [InlineData(4UL, 0xaa, 0)]
    [InlineData(0UL, 0xfe, 0)]
    public void KeyboardController_Write_ResetsOnThePulseCommandAlone(ulong offset, byte value, int resets)
    {
        KeyboardController controller = new(new CountingInterrupt(), () => _resets++);
        controller.Write(offset, [value]);
        Assert.Equal(resets, _resets);
    }

    [Theory]
    [InlineData(0UL, 0x34, 1, 0)] // S5 with SLP_EN
    [InlineData(0UL, 0x14, 0, 0)] // S5 without
    [InlineData(0UL, 0x2c, 0, 0)] // S3
    [InlineData(1UL, 0x34, 0, 0)] // the status register
    [InlineData(2UL, 1, 0, 1)]
    [InlineData(2UL, 2, 0, 0)]
    public void PowerDevice_Write_PowersOffOrResets(ulong offset, byte value, int powerOffs, int resets)
    {
        AcpiPowerDevice device = new(() => _powerOffs++, () => _resets++);
        device.Write(offset, [value]);
        Assert.Equal((powerOffs, resets), (_powerOffs, _resets));
    }
}
