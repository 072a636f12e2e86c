using MicroVm.Vmm.Devices.Legacy;

namespace MicroVm.Vmm.Tests.Legacy;

public sealed class KeyboardControllerTests
{
    private const ulong Data = 0;
    private const ulong Command = 4;
    private readonly CountingInterrupt _interrupt = new();
    private readonly KeyboardController _controller;

    public KeyboardControllerTests() => _controller = new KeyboardController(_interrupt, () => Assert.Fail("reset"));

    private byte Read(ulong offset)
    {
        byte[] data = [0xff];
        _controller.Read(offset, data);
        return data[0];
    }

    private byte[] ReadAll()
    {
        List<byte> bytes = [];
        while ((Read(Command) & 1) != 0)
        {
            bytes.Add(Read(Data));
        }

        return [.. bytes];
    }

    [Fact]
    public void Status_AtFirst_SaysBothBuffersAreEmpty()
    {
        Assert.Equal(0x04, Read(Command));
        Assert.Equal(0, Read(Data));
    }

    [Theory]
    [InlineData(0xaa, new byte[] { 0x55 })]
    [InlineData(0xab, new byte[] { 0x00 })]
    [InlineData(0xa9, new byte[] { 0x01 })]
    [InlineData(0x20, new byte[] { 0x05 })]
    [InlineData(0xa7, new byte[0])]
    [InlineData(0x00, new byte[0])]
    public void Command_OfADriversProbe_IsAnsweredAtOnce(byte command, byte[] answer)
    {
        _controller.Write(Command, [command]);
        Assert.Equal(answer, ReadAll());
    }

    [Fact]
    public void ControlByte_Written_ReadsBackAndKeepsTheKeyboardSwitch()
    {
        _controller.Write(Command, [0x60]);
        _controller.Write(Data, [0x04]);
        _controller.Write(Command, [0xad]);
        _controller.Write(Command, [0x20]);
        Assert.Equal([0x14], ReadAll());
        Assert.Equal(0, _interrupt.Edges);
    }

    [Theory]
    [InlineData(0xf2, new byte[] { 0xfa, 0xab, 0x83 })]
    [InlineData(0xff, new byte[] { 0xfa, 0xaa })]
    [InlineData(0xed, new byte[] { 0xfa })]
    [InlineData(0xee, new byte[] { 0xee })]
    public void Keyboard_AsksOfADriver_AreAnsweredWithOneInterruptPerByte(byte command, byte[] answer)
    {
        _controller.Write(Data, [command]);
        Assert.Equal(1, _interrupt.Edges);
        Assert.Equal(answer, ReadAll());
        Assert.Equal(answer.Length, _interrupt.Edges);
    }

    [Fact]
    public void CtrlAltDel_Sent_IsPressedAndReleased()
    {
        Assert.True(_controller.TrySendCtrlAltDel());
        Assert.Equal([0x14, 0x11, 0xe0, 0x71, 0xe0, 0xf0, 0x71, 0xf0, 0x11, 0xf0, 0x14], ReadAll());
        Assert.Equal(11, _interrupt.Edges);
    }

    [Fact]
    public void CtrlAltDel_ToAGuestThatNeverReads_IsRefusedAtLast()
    {
        int sent = 0;
        while (_controller.TrySendCtrlAltDel())
        {
            Assert.InRange(++sent, 1, 10);
        }

        Assert.Equal(sent * 11, ReadAll().Length);
        Assert.True(_controller.TrySendCtrlAltDel());
    }

    [Fact]
    public void Commands_WithoutEnd_FillTheBufferAndNothingElse()
    {
        for (int i = 0; i < 10_000; i++)
        {
            _controller.Write(Data, [0xf2]);
        }

        Assert.Equal(SerialFifo.Capacity, ReadAll().Length);
    }
}
