using MicroVm.Vmm.Bus;

namespace MicroVm.Vmm.Devices.Legacy;

/// <summary>
/// Arm's PL061 (DDI 0190) with eight pins, one of which is a power button and the others of which are connected to nothing. A press holds
/// the pin high until the guest has read it there after acknowledging its interrupt, and then lets go: so a driver sees a press and a
/// release whenever it comes to look. Interrupts are edges, one for each that becomes pending while the guest wants it.
/// </summary>
internal sealed class Pl061PowerButton(IInterruptLine interrupt) : IBusDevice
{
    /// <summary>Number of the button's pin.</summary>
    internal const uint Pin = 3;

    internal const ulong DirectionOffset = 0x400;
    internal const ulong LevelSenseOffset = 0x404;
    internal const ulong BothEdgesOffset = 0x408;
    internal const ulong EventOffset = 0x40c;
    internal const ulong MaskOffset = 0x410;
    internal const ulong RawStatusOffset = 0x414;
    internal const ulong MaskedStatusOffset = 0x418;
    internal const ulong ClearOffset = 0x41c;
    internal const ulong FunctionOffset = 0x420;

    /// <summary>Below it, the data register: bits 9 to 2 of the address say which pins an access means.</summary>
    internal const ulong DataEnd = 0x400;

    private const uint PeripheralId = 0x0004_1061;
    private const byte Button = 1 << (int)Pin;

    private readonly Lock _lock = new();
    private byte _data;
    private byte _direction;
    private byte _levelSense;
    private byte _bothEdges;
    private byte _event;
    private byte _mask;
    private byte _status;
    private byte _function;

    /// <summary>Presses the button, which is let go when the guest has seen it. Any thread.</summary>
    internal void Press()
    {
        lock (_lock)
        {
            Drive(high: true);
        }
    }

    public void Read(ulong offset, Span<byte> data)
    {
        if (PrimeCellIdentity.TryRead(PeripheralId, offset, data))
        {
            return;
        }

        lock (_lock)
        {
            PrimeCellIdentity.Write(data, offset switch
            {
                < DataEnd => ReadPins((byte)(offset >> 2)),
                DirectionOffset => _direction,
                LevelSenseOffset => _levelSense,
                BothEdgesOffset => _bothEdges,
                EventOffset => _event,
                MaskOffset => _mask,
                RawStatusOffset => _status,
                MaskedStatusOffset => (uint)(_status & _mask),
                FunctionOffset => _function,
                _ => 0,
            });
        }
    }

    public void Write(ulong offset, ReadOnlySpan<byte> data)
    {
        byte value = (byte)PrimeCellIdentity.ToValue(data);
        lock (_lock)
        {
            switch (offset)
            {
                case < DataEnd:
                    byte written = (byte)(_direction & (offset >> 2));
                    _data = (byte)((_data & ~written) | (value & written));
                    break;
                case DirectionOffset:
                    // The button drives its pin, whatever the guest says.
                    _direction = (byte)(value & ~Button);
                    break;
                case LevelSenseOffset:
                    _levelSense = value;
                    break;
                case BothEdgesOffset:
                    _bothEdges = value;
                    break;
                case EventOffset:
                    _event = value;
                    break;
                case MaskOffset:
                    WriteMask(value);
                    break;
                case ClearOffset:
                    _status &= (byte)~value;
                    break;
                case FunctionOffset:
                    _function = value;
                    break;
            }
        }
    }

    private byte ReadPins(byte pins)
    {
        byte read = (byte)(_data & pins);
        if ((read & Button) != 0 && (_status & Button) == 0)
        {
            Drive(high: false);
        }

        return read;
    }

    private void WriteMask(byte value)
    {
        byte added = (byte)(value & ~_mask);
        _mask = value;
        if ((_status & added) != 0)
        {
            interrupt.Trigger();
        }
    }

    private void Drive(bool high)
    {
        bool was = (_data & Button) != 0;
        _data = (byte)(high ? _data | Button : _data & ~Button);
        bool wanted = (_bothEdges & Button) != 0 || ((_event & Button) != 0) == high;
        if (was != high && wanted)
        {
            _status |= Button;
            if ((_mask & Button) != 0)
            {
                interrupt.Trigger();
            }
        }
    }
}
