using MicroVm.Vmm.Devices.Legacy;

namespace MicroVm.Vmm.Tests.Legacy;

public sealed class Pl061PowerButtonTests
{
    private const ulong ButtonData = (1 << (int)Pl061PowerButton.Pin) << 2;
    private const byte Button = 1 << (int)Pl061PowerButton.Pin;

    private readonly CountingInterrupt _interrupt = new();
    private readonly Pl061PowerButton _device;

    public Pl061PowerButtonTests() => _device = new Pl061PowerButton(_interrupt);

    /// <summary>What Linux' gpio-keys does: both edges, acknowledge, then look at the pin.</summary>
    [Fact]
    public void Press_DriverOfBothEdges_SeesPressAndRelease()
    {
        _device.WriteWord(Pl061PowerButton.BothEdgesOffset, Button);
        _device.WriteWord(Pl061PowerButton.MaskOffset, Button);

        _device.Press();
        Assert.Equal(1, _interrupt.Edges);
        Assert.Equal(Button, _device.ReadWord(Pl061PowerButton.MaskedStatusOffset));
        _device.WriteWord(Pl061PowerButton.ClearOffset, Button);
        Assert.Equal(Button, _device.ReadWord(ButtonData));

        Assert.Equal(2, _interrupt.Edges);
        Assert.Equal(Button, _device.ReadWord(Pl061PowerButton.MaskedStatusOffset));
        _device.WriteWord(Pl061PowerButton.ClearOffset, Button);
        Assert.Equal(0u, _device.ReadWord(ButtonData));
        Assert.Equal(2, _interrupt.Edges);
    }

    [Fact]
    public void Press_LookedAtBeforeItIsAcknowledged_StaysPressed()
    {
        _device.WriteWord(Pl061PowerButton.BothEdgesOffset, Button);
        _device.Press();

        Assert.Equal(Button, _device.ReadWord(ButtonData));
        Assert.Equal(Button, _device.ReadWord(ButtonData));
        _device.WriteWord(Pl061PowerButton.ClearOffset, Button);
        Assert.Equal(Button, _device.ReadWord(ButtonData));
        Assert.Equal(0u, _device.ReadWord(ButtonData));
    }

    [Fact]
    public void Press_BeforeTheDriverWantsInterrupts_ArrivesWhenItDoes()
    {
        _device.WriteWord(Pl061PowerButton.EventOffset, Button);
        _device.Press();
        Assert.Equal(0, _interrupt.Edges);

        _device.WriteWord(Pl061PowerButton.MaskOffset, Button);

        Assert.Equal(1, _interrupt.Edges);
    }

    [Fact]
    public void Press_DriverOfFallingEdgesAlone_IsInterruptedByTheRelease()
    {
        _device.WriteWord(Pl061PowerButton.MaskOffset, Button);
        _device.Press();
        Assert.Equal(0, _interrupt.Edges);

        Assert.Equal(Button, _device.ReadWord(ButtonData));

        Assert.Equal(1, _interrupt.Edges);
    }

    [Fact]
    public void Write_ToTheButtonsPin_ChangesNothing()
    {
        _device.WriteWord(Pl061PowerButton.DirectionOffset, 0xff);
        _device.WriteWord(0xff << 2, 0xff);

        Assert.Equal(0xf7u, _device.ReadWord(Pl061PowerButton.DirectionOffset));
        Assert.Equal(0xf7u, _device.ReadWord(0xff << 2));
        Assert.Equal(0x01u, _device.ReadWord(0x01 << 2));
    }

    [Fact]
    public void Identity_IsThatOfAPrimeCell()
    {
        Assert.Equal([0x61u, 0x10, 0x04, 0x00, 0x0d, 0xf0, 0x05, 0xb1], _device.ReadIdentity());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(4)]
    [InlineData(8)]
    public void Access_OfAnySizeAnywhere_IsHarmless(int size)
    {
        _device.AccessEverywhere(size);

        Assert.Equal(0xf7u, _device.ReadWord(Pl061PowerButton.DirectionOffset));
    }
}
