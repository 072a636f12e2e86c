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
        Write(Pl061PowerButton.BothEdgesOffset, Button);
        Write(Pl061PowerButton.MaskOffset, Button);

        _device.Press();
        Assert.Equal(1, _interrupt.Edges);
        Assert.Equal(Button, Read(Pl061PowerButton.MaskedStatusOffset));
        Write(Pl061PowerButton.ClearOffset, Button);
        Assert.Equal(Button, Read(ButtonData));

        Assert.Equal(2, _interrupt.Edges);
        Assert.Equal(Button, Read(Pl061PowerButton.MaskedStatusOffset));
        Write(Pl061PowerButton.ClearOffset, Button);
        Assert.Equal(0u, Read(ButtonData));
        Assert.Equal(2, _interrupt.Edges);
    }

    [Fact]
    public void Press_LookedAtBeforeItIsAcknowledged_StaysPressed()
    {
        Write(Pl061PowerButton.BothEdgesOffset, Button);
        _device.Press();

        Assert.Equal(Button, Read(ButtonData));
        Assert.Equal(Button, Read(ButtonData));
        Write(Pl061PowerButton.ClearOffset, Button);
        Assert.Equal(Button, Read(ButtonData));
        Assert.Equal(0u, Read(ButtonData));
    }

    [Fact]
    public void Press_BeforeTheDriverWantsInterrupts_ArrivesWhenItDoes()
    {
        Write(Pl061PowerButton.EventOffset, Button);
        _device.Press();
        Assert.Equal(0, _interrupt.Edges);

        Write(Pl061PowerButton.MaskOffset, Button);

        Assert.Equal(1, _interrupt.Edges);
    }

    [Fact]
    public void Press_DriverOfFallingEdgesAlone_IsInterruptedByTheRelease()
    {
        Write(Pl061PowerButton.MaskOffset, Button);
        _device.Press();
        Assert.Equal(0, _interrupt.Edges);

        Assert.Equal(Button, Read(ButtonData));

        Assert.Equal(1, _interrupt.Edges);
    }

    [Fact]
    public void Write_ToTheButtonsPin_ChangesNothing()
    {
        Write(Pl061PowerButton.DirectionOffset, 0xff);
        Write(0xff << 2, 0xff);

        Assert.Equal(0xf7u, Read(Pl061PowerButton.DirectionOffset));
        Assert.Equal(0xf7u, Read(0xff << 2));
        Assert.Equal(0x01u, Read(0x01 << 2));
    }

    [Fact]
    public void Identity_IsThatOfAPrimeCell()
    {
        uint[] read = [.. Enumerable.Range(0, 8).Select(i => Read(PrimeCellIdentity.FirstOffset + ((ulong)i * 4)))];
        Assert.Equal([0x61u, 0x10, 0x04, 0x00, 0x0d, 0xf0, 0x05, 0xb1], read);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(4)]
    [InlineData(8)]
    public void Access_OfAnySizeAnywhere_IsHarmless(int size)
    {
        byte[] data = [.. Enumerable.Repeat((byte)0xff, size)];
        for (ulong offset = 0; offset <= 0x1000 - (ulong)size; offset++)
        {
            _device.Write(offset, data);
            _device.Read(offset, data);
            data.AsSpan().Fill(0xff);
        }

        Assert.Equal(0xf7u, Read(Pl061PowerButton.DirectionOffset));
    }

    private uint Read(ulong offset)
    {
        byte[] data = new byte[4];
        _device.Read(offset, data);
        return BitConverter.ToUInt32(data);
    }

    private void Write(ulong offset, byte value) => _device.Write(offset, [value, 0, 0, 0]);
}
