using MicroVm.Vmm.Bus;

namespace MicroVm.Vmm.Devices.Legacy;

/// <summary>
/// As much of an i8042 with a keyboard as a driver's probe, Ctrl+Alt+Del and a reboot through it need. Every command is answered at
/// once, so that no driver waits for an answer in vain; there is no mouse. Keys are sent in scan code set 2, untranslated.
/// The interrupt is an edge for each byte that becomes readable.
/// </summary>
internal sealed class KeyboardController(IInterruptLine interrupt, Action reset) : IBusDevice
{
    private const ulong DataOffset = 0;
    private const ulong CommandOffset = 4;

    private const byte StatusOutputFull = 0x01;
    private const byte StatusSystem = 0x04;
    private const byte StatusLastWasCommand = 0x08;
    private const byte ControlKeyboardInterrupt = 0x01;
    private const byte ControlSystem = 0x04;
    private const byte ControlKeyboardDisabled = 0x10;

    private const byte CommandReadControl = 0x20;
    private const byte CommandWriteControl = 0x60;
    private const byte CommandTestMouse = 0xa9;
    private const byte CommandSelfTest = 0xaa;
    private const byte CommandTestKeyboard = 0xab;
    private const byte CommandDisableKeyboard = 0xad;
    private const byte CommandEnableKeyboard = 0xae;
    private const byte CommandReadOutputPort = 0xd0;
    private const byte CommandWriteOutputPort = 0xd1;
    private const byte CommandEchoAsKeyboard = 0xd2;
    private const byte CommandEchoAsMouse = 0xd3;
    private const byte CommandWriteMouse = 0xd4;
    private const byte CommandPulseReset = 0xfe;

    private const byte SelfTestPassed = 0x55;
    private const byte MouseClockStuck = 0x01;
    private const byte OutputPortNoReset = 0x01;

    private const byte KeyboardAcknowledge = 0xfa;
    private const byte KeyboardIdentify = 0xf2;
    private const byte KeyboardEcho = 0xee;
    private const byte KeyboardReset = 0xff;
    private const byte KeyboardTestPassed = 0xaa;

    // Left Ctrl, left Alt and Delete pressed, then released in the opposite order.
    private static readonly byte[] s_ctrlAltDel = [0x14, 0x11, 0xe0, 0x71, 0xe0, 0xf0, 0x71, 0xf0, 0x11, 0xf0, 0x14];

    private readonly Lock _lock = new();
    private readonly SerialFifo _output = new();
    private byte _control = ControlSystem | ControlKeyboardInterrupt;
    private byte _pendingCommand;
    private bool _lastWasCommand;

    /// <summary>Types Ctrl+Alt+Del; false when the guest has not read what came before. Any thread.</summary>
    internal bool TrySendCtrlAltDel()
    {
        lock (_lock)
        {
            if (_output.Room < s_ctrlAltDel.Length)
            {
                return false;
            }

            foreach (byte code in s_ctrlAltDel)
            {
                Send(code);
            }

            return true;
        }
    }

    public void Read(ulong offset, Span<byte> data)
    {
        data.Clear();
        lock (_lock)
        {
            data[0] = offset switch
            {
                DataOffset => TakeOutput(),
                CommandOffset => Status(),
                _ => 0,
            };
        }
    }

    public void Write(ulong offset, ReadOnlySpan<byte> data)
    {
        byte value = data[0];
        if (offset == CommandOffset && value == CommandPulseReset)
        {
            reset();
            return;
        }

        lock (_lock)
        {
            if (offset == CommandOffset)
            {
                _lastWasCommand = true;
                Execute(value);
            }
            else if (offset == DataOffset)
            {
                _lastWasCommand = false;
                TakeData(value);
            }
        }
    }

    private byte Status() =>
        (byte)(StatusSystem | (_output.Count > 0 ? StatusOutputFull : 0) | (_lastWasCommand ? StatusLastWasCommand : 0));

    private byte TakeOutput()
    {
        _output.TryDequeue(out byte value);
        if (_output.Count > 0)
        {
            Interrupt();
        }

        return value;
    }

    private void Execute(byte command)
    {
        _pendingCommand = 0;
        switch (command)
        {
            case CommandReadControl:
                Send(_control);
                break;
            case CommandSelfTest:
                Send(SelfTestPassed);
                break;
            case CommandTestKeyboard:
                Send(0);
                break;
            case CommandTestMouse:
                Send(MouseClockStuck);
                break;
            case CommandReadOutputPort:
                Send(OutputPortNoReset);
                break;
            case CommandDisableKeyboard:
                _control |= ControlKeyboardDisabled;
                break;
            case CommandEnableKeyboard:
                _control &= unchecked((byte)~ControlKeyboardDisabled);
                break;
            case CommandWriteControl or CommandWriteOutputPort or CommandEchoAsKeyboard or CommandEchoAsMouse or CommandWriteMouse:
                _pendingCommand = command;
                break;
        }
    }

    private void TakeData(byte value)
    {
        switch (_pendingCommand)
        {
            case CommandWriteControl:
                _control = value;
                break;
            case CommandEchoAsKeyboard or CommandEchoAsMouse:
                Send(value);
                break;
            case 0:
                AnswerAsKeyboard(value);
                break;
        }

        _pendingCommand = 0;
    }

    private void AnswerAsKeyboard(byte command)
    {
        Send(command == KeyboardEcho ? KeyboardEcho : KeyboardAcknowledge);
        if (command == KeyboardIdentify)
        {
            Send(0xab);
            Send(0x83);
        }
        else if (command == KeyboardReset)
        {
            Send(KeyboardTestPassed);
        }
    }

    // A guest that asks and never reads fills the buffer and gets no more answers.
    private void Send(byte value)
    {
        if (_output.TryEnqueue(value) && _output.Count == 1)
        {
            Interrupt();
        }
    }

    private void Interrupt()
    {
        if ((_control & ControlKeyboardInterrupt) != 0)
        {
            interrupt.Trigger();
        }
    }
}
