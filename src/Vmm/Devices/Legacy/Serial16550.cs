using MicroVm.Vmm.Bus;
using MicroVm.Vmm.Devices.Virtio.RateLimiting;

namespace MicroVm.Vmm.Devices.Legacy;

/// <summary>
/// A 16550A UART as far as drivers can tell: transmission is instantaneous, the receive FIFO is <see cref="SerialFifo"/>, modem lines
/// are always up, and loopback works because drivers probe with it.
/// The interrupt is edge-triggered: every new reason for one raises an edge, and the driver reads IIR until it names none.
/// </summary>
/// <param name="interrupt">The line.</param>
/// <param name="output">Where bytes go.</param>
/// <param name="outputLimit">Bytes that may go there; more are dropped and counted, so that a limit never stops the guest.</param>
internal sealed class Serial16550(IInterruptLine interrupt, ISerialOutput output, TokenBucket? outputLimit = null) : IBusDevice
{
    /// <summary>Bytes of its registers.</summary>
    internal const ulong RegisterCount = 8;

    private const byte InterruptReceived = 0x01;
    private const byte InterruptTransmitEmpty = 0x02;
    private const byte InterruptMask = 0x0f;

    private const byte IdentityNone = 0x01;
    private const byte IdentityTransmitEmpty = 0x02;
    private const byte IdentityReceived = 0x04;
    private const byte IdentityFifoEnabled = 0xc0;

    private const byte FifoEnable = 0x01;
    private const byte FifoClearReceive = 0x02;

    private const byte LineDivisorLatch = 0x80;
    private const byte LineStatusDataReady = 0x01;
    private const byte LineStatusTransmitterIdle = 0x60;

    private const byte ModemLoopback = 0x10;
    private const byte ModemControlMask = 0x1f;
    private const byte ModemStatusConnected = 0xb0;

    private readonly Lock _lock = new();
    private readonly Lock _outputLock = new();
    private readonly SerialFifo _received = new();
    private byte _interruptEnable;
    private byte _lineControl;
    private byte _modemControl;
    private byte _scratch;
    private byte _divisorLow = 1;
    private byte _divisorHigh;
    private bool _fifoEnabled;
    private bool _transmitEmptyPending;
    private bool _inputWaits;

    /// <summary>Counters.</summary>
    internal SerialMetrics Metrics { get; } = new();

    /// <summary>Called, on a vCPU thread, when there is room again after <see cref="Receive"/> had filled the FIFO.</summary>
    internal Action? InputRoomAvailable { get; set; }

    /// <summary>Gives the guest bytes, as many as fit; returns how many bytes more would fit now.</summary>
    internal int Receive(ReadOnlySpan<byte> bytes)
    {
        lock (_lock)
        {
            foreach (byte value in bytes)
            {
                _received.TryEnqueue(value);
            }

            NotifyReceived();
            _inputWaits = _received.Room == 0;
            return _received.Room;
        }
    }

    public void Read(ulong offset, Span<byte> data)
    {
        data.Fill(0xff);
        bool roomAgain;
        lock (_lock)
        {
            data[0] = ReadRegister(offset);
            roomAgain = TakeRoomAgain();
        }

        if (roomAgain)
        {
            InputRoomAvailable?.Invoke();
        }
    }

    public void Write(ulong offset, ReadOnlySpan<byte> data)
    {
        bool sends;
        bool roomAgain;
        lock (_lock)
        {
            sends = offset == 0 && !DivisorLatched && !IsLoopedBack;
            if (!sends)
            {
                WriteRegister(offset, data[0]);
            }

            roomAgain = TakeRoomAgain();
        }

        if (sends)
        {
            Send(data[0]);
        }

        if (roomAgain)
        {
            InputRoomAvailable?.Invoke();
        }
    }

    private bool DivisorLatched => (_lineControl & LineDivisorLatch) != 0;

    private bool IsLoopedBack => (_modemControl & ModemLoopback) != 0;

    private byte ReadRegister(ulong offset) => offset switch
    {
        0 => DivisorLatched ? _divisorLow : TakeReceived(),
        1 => DivisorLatched ? _divisorHigh : _interruptEnable,
        2 => TakeInterruptIdentity(),
        3 => _lineControl,
        4 => _modemControl,
        5 => (byte)(LineStatusTransmitterIdle | (_received.Count > 0 ? LineStatusDataReady : 0)),
        6 => ModemStatus(),
        _ => _scratch,
    };

    private void WriteRegister(ulong offset, byte value)
    {
        switch (offset)
        {
            case 0 when DivisorLatched:
                _divisorLow = value;
                break;
            case 0:
                LoopBack(value);
                break;
            case 1 when DivisorLatched:
                _divisorHigh = value;
                break;
            case 1:
                EnableInterrupts((byte)(value & InterruptMask));
                break;
            case 2:
                ControlFifo(value);
                break;
            case 3:
                _lineControl = value;
                break;
            case 4:
                _modemControl = (byte)(value & ModemControlMask);
                break;
            case 7:
                _scratch = value;
                break;
        }
    }

    // Input is asked for again only when the FIFO is empty, so that a guest reading byte by byte costs one wake-up per 64 bytes.
    private bool TakeRoomAgain()
    {
        bool roomAgain = _inputWaits && _received.Count == 0;
        _inputWaits &= !roomAgain;
        return roomAgain;
    }

    private byte TakeReceived()
    {
        Metrics.ReceivedBytes += _received.TryDequeue(out byte value) ? 1 : 0;
        return value;
    }

    // Received data has priority; naming the empty transmitter takes that reason away.
    private byte TakeInterruptIdentity()
    {
        byte fifo = _fifoEnabled ? IdentityFifoEnabled : (byte)0;
        if ((_interruptEnable & InterruptReceived) != 0 && _received.Count > 0)
        {
            return (byte)(IdentityReceived | fifo);
        }

        if ((_interruptEnable & InterruptTransmitEmpty) != 0 && _transmitEmptyPending)
        {
            _transmitEmptyPending = false;
            return (byte)(IdentityTransmitEmpty | fifo);
        }

        return (byte)(IdentityNone | fifo);
    }

    // In loopback the four modem inputs are wired to the four outputs: DTR to DSR, RTS to CTS, OUT1 to RI, OUT2 to DCD.
    private byte ModemStatus()
    {
        if (!IsLoopedBack)
        {
            return ModemStatusConnected;
        }

        int control = _modemControl;
        return (byte)(((control & 1) << 5) | ((control & 2) << 3) | ((control & 4) << 4) | ((control & 8) << 4));
    }

    private void LoopBack(byte value)
    {
        _received.TryEnqueue(value);
        NotifyReceived();
        NotifyTransmitEmpty();
    }

    // Not under the registers' lock: standard output may block, and the event loop takes that lock to give the guest input.
    private void Send(byte value)
    {
        lock (_outputLock)
        {
            Metrics.SentBytes++;
            if (outputLimit is not null && !outputLimit.TryTake(1, out _))
            {
                Metrics.DroppedBytes++;
            }
            else if (!output.TryWrite(value))
            {
                Metrics.LostBytes++;
            }
        }

        lock (_lock)
        {
            NotifyTransmitEmpty();
        }
    }

    private void EnableInterrupts(byte value)
    {
        byte added = (byte)(value & ~_interruptEnable);
        _interruptEnable = value;
        if ((added & InterruptReceived) != 0)
        {
            NotifyReceived();
        }

        if ((added & InterruptTransmitEmpty) != 0)
        {
            _transmitEmptyPending = false;
            NotifyTransmitEmpty();
        }
    }

    private void ControlFifo(byte value)
    {
        bool enabled = (value & FifoEnable) != 0;
        if (enabled != _fifoEnabled || (value & FifoClearReceive) != 0)
        {
            _received.Clear();
        }

        _fifoEnabled = enabled;
    }

    private void NotifyReceived()
    {
        if ((_interruptEnable & InterruptReceived) != 0 && _received.Count > 0)
        {
            interrupt.Trigger();
        }
    }

    private void NotifyTransmitEmpty()
    {
        bool raise = !_transmitEmptyPending && (_interruptEnable & InterruptTransmitEmpty) != 0;
        _transmitEmptyPending = true;
        if (raise)
        {
            interrupt.Trigger();
        }
    }
}
