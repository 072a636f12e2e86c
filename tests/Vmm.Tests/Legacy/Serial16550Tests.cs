using MicroVm.Vmm.Control;
using MicroVm.Vmm.Devices.Legacy;
using MicroVm.Vmm.Devices.Virtio.RateLimiting;
using MicroVm.Vmm.Tests.RateLimiting;

namespace MicroVm.Vmm.Tests.Legacy;

public sealed class Serial16550Tests
{
    private const ulong Data = 0;
    private const ulong InterruptEnable = 1;
    private const ulong InterruptIdentity = 2;
    private const ulong LineControl = 3;
    private const ulong ModemControl = 4;
    private const ulong LineStatus = 5;
    private const ulong ModemStatus = 6;
    private const ulong Scratch = 7;

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    private readonly CountingInterrupt _interrupt = new();
    private readonly CollectingSerialOutput _output = new();
    private readonly Serial16550 _serial;

    public Serial16550Tests() => _serial = new Serial16550(_interrupt, _output);

    [Fact]
    public void Transmit_Bytes_ReachTheOutputAndTheLineStaysIdle()
    {
        foreach (byte value in "ok\n"u8)
        {
            Write(Data, value);
        }

        Assert.Equal("ok\n", _output.Text);
        Assert.Equal(0x60, Read(LineStatus));
        Assert.Equal(0, _interrupt.Edges);
    }

    /// <summary>The event loop gives input while a vCPU is stuck in writing to a reader that has stopped.</summary>
    [Fact]
    public async Task Receive_WhileTheOutputBlocks_DoesNotWait()
    {
        using var output = new BlockingSerialOutput();
        var serial = new Serial16550(_interrupt, output);
        Task printing = Task.Run(() => serial.Write(Data, "x"u8));
        await output.Entered.WaitAsync(s_patience);

        int room = await Task.Run(() => serial.Receive("ab"u8)).WaitAsync(s_patience);
        Assert.Equal(SerialFifo.Capacity - 2, room);
        output.Release();
        await printing.WaitAsync(s_patience);
    }

    [Fact]
    public void TransmitInterrupt_Enabled_RaisesOneEdgePerAcknowledgement()
    {
        Write(InterruptEnable, 2);
        Assert.Equal(1, _interrupt.Edges);
        Assert.Equal(0x02, Read(InterruptIdentity));
        Assert.Equal(0x01, Read(InterruptIdentity));

        Write(Data, (byte)'a');
        Write(Data, (byte)'b');
        Assert.Equal(2, _interrupt.Edges);
        Assert.Equal(0x02, Read(InterruptIdentity));
    }

    [Fact]
    public void TransmitInterrupt_SwitchedOffAndOn_IsRaisedAgain()
    {
        Write(InterruptEnable, 2);
        Write(InterruptEnable, 0);
        Assert.Equal(0x01, Read(InterruptIdentity));
        Write(InterruptEnable, 2);
        Assert.Equal(2, _interrupt.Edges);
    }

    [Fact]
    public void Receive_Bytes_AreReadInOrderAndOutrankTheTransmitter()
    {
        Write(InterruptEnable, 3);
        int before = _interrupt.Edges;
        Assert.Equal(SerialFifo.Capacity - 2, _serial.Receive("hi"u8));
        Assert.Equal(before + 1, _interrupt.Edges);
        Assert.Equal(0x04, Read(InterruptIdentity));
        Assert.Equal(0x61, Read(LineStatus));
        Assert.Equal((byte)'h', Read(Data));
        Assert.Equal((byte)'i', Read(Data));
        Assert.Equal(0x60, Read(LineStatus));
        Assert.Equal(0x02, Read(InterruptIdentity));
    }

    [Fact]
    public void Receive_BeforeTheDriverEnablesIt_InterruptsWhenItDoes()
    {
        _serial.Receive("x"u8);
        Assert.Equal(0, _interrupt.Edges);
        Write(InterruptEnable, 1);
        Assert.Equal(1, _interrupt.Edges);
    }

    [Fact]
    public void Receive_FullFifo_AsksForMoreOnlyWhenEmpty()
    {
        int asked = 0;
        _serial.InputRoomAvailable = () => asked++;
        Assert.Equal(0, _serial.Receive(new byte[SerialFifo.Capacity]));
        for (int i = 0; i < SerialFifo.Capacity - 1; i++)
        {
            Read(Data);
        }

        Assert.Equal(0, asked);
        Read(Data);
        Assert.Equal(1, asked);
        Read(Data);
        Assert.Equal(1, asked);
    }

    /// <summary>CVE-2020-27174: console input that no guest reads must not gather in the VMM.</summary>
    [Fact]
    public void Receive_WhileTheGuestDoesNotRead_IsBoundedByTheFifo()
    {
        byte[] flood = new byte[1 << 20];
        for (int i = 0; i < 100; i++)
        {
            Assert.Equal(0, _serial.Receive(flood));
        }

        int read = 0;
        for (; (Read(LineStatus) & 1) != 0; read++)
        {
            Read(Data);
        }

        Assert.Equal(SerialFifo.Capacity, read);
        Assert.Equal(read, _serial.Metrics.ReceivedBytes);
    }

    [Fact]
    public void Transmit_BeyondTheRateLimit_IsDroppedAndCountedUntilTheBucketRefills()
    {
        ManualClock clock = new();
        Serial16550 serial = new(_interrupt, _output, new TokenBucket(new TokenBucketConfig(2, 1, 1000), clock));
        Send("abcde");
        clock.AdvanceMilliseconds(500);
        Send("fgh");
        Assert.Equal("abcf", _output.Text);
        Assert.Equal((8, 4, 0), (serial.Metrics.SentBytes, serial.Metrics.DroppedBytes, serial.Metrics.LostBytes));

        void Send(string text)
        {
            foreach (char value in text)
            {
                serial.Write(Data, [(byte)value]);
            }
        }
    }

    [Fact]
    public void Transmit_OutputThatTakesNothing_CostsTheBytesAlone()
    {
        _output.IsFull = true;
        Write(Data, (byte)'a');
        _output.IsFull = false;
        Write(Data, (byte)'b');
        Assert.Equal("b", _output.Text);
        Assert.Equal((2, 1), (_serial.Metrics.SentBytes, _serial.Metrics.LostBytes));
    }

    [Fact]
    public void FifoControl_ClearingAFullFifo_AsksForMore()
    {
        int asked = 0;
        _serial.InputRoomAvailable = () => asked++;
        _serial.Receive(new byte[SerialFifo.Capacity]);
        Write(InterruptIdentity, 0x07);
        Assert.Equal(1, asked);
        Assert.Equal(0x60, Read(LineStatus));
    }

    [Fact]
    public void FifoControl_Enabled_IdentifiesA16550A()
    {
        Assert.Equal(0x01, Read(InterruptIdentity));
        Write(InterruptIdentity, 0x01);
        Assert.Equal(0xc1, Read(InterruptIdentity));
    }

    [Fact]
    public void DivisorLatch_Set_HidesDataAndInterruptEnable()
    {
        Write(InterruptEnable, 0x0f);
        Write(LineControl, 0x80);
        Write(Data, 0x12);
        Write(InterruptEnable, 0x34);
        Assert.Equal(0x12, Read(Data));
        Assert.Equal(0x34, Read(InterruptEnable));
        Write(LineControl, 0x03);
        Assert.Equal(0x0f, Read(InterruptEnable));
        Assert.Equal("", _output.Text);
    }

    [Theory]
    [InlineData(0x1a, 0x90)] // RTS and OUT2, what Linux probes with
    [InlineData(0x11, 0x20)]
    [InlineData(0x14, 0x40)]
    [InlineData(0x1f, 0xf0)]
    [InlineData(0x0f, 0xb0)] // no loopback: always connected
    public void ModemStatus_Loopback_FollowsModemControl(byte control, byte expected)
    {
        Write(ModemControl, control);
        Assert.Equal(expected, Read(ModemStatus));
    }

    [Fact]
    public void Transmit_InLoopback_ComesBackAndNotOut()
    {
        Write(ModemControl, 0x10);
        Write(Data, 0x5a);
        Assert.Equal(0x5a, Read(Data));
        Assert.Equal("", _output.Text);
    }

    [Fact]
    public void Transmit_InLoopbackWithoutEnd_StaysBounded()
    {
        Write(ModemControl, 0x10);
        for (int i = 0; i < 1000; i++)
        {
            Write(Data, (byte)i);
        }

        for (int i = 0; i < SerialFifo.Capacity; i++)
        {
            Assert.Equal((byte)i, Read(Data));
        }

        Assert.Equal(0x60, Read(LineStatus));
    }

    [Fact]
    public void Access_WiderThanAByte_TakesTheFirst()
    {
        _serial.Write(Scratch, [0x77, 1, 2, 3]);
        Span<byte> data = stackalloc byte[4];
        _serial.Read(Scratch, data);
        Assert.Equal([0x77, 0xff, 0xff, 0xff], data.ToArray());
    }

    private byte Read(ulong offset)
    {
        Span<byte> data = stackalloc byte[1];
        _serial.Read(offset, data);
        return data[0];
    }

    private void Write(ulong offset, byte value) => _serial.Write(offset, [value]);
}
