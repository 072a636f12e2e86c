using MicroVm.Vmm.Bus;

namespace MicroVm.Vmm.Devices.Legacy;

/// <summary>
/// As much of an i8042 as a reboot through it needs: buffers that are always empty, so that a driver waiting to send goes on at
/// once and one waiting for an answer finds none, and command 0xfe, which pulses the reset line.
/// </summary>
internal sealed class KeyboardController(Action reset) : IBusDevice
{
    private const ulong CommandOffset = 4;
    private const byte PulseReset = 0xfe;

    public void Read(ulong offset, Span<byte> data) => data.Clear();

    public void Write(ulong offset, ReadOnlySpan<byte> data)
    {
        if (offset == CommandOffset && data[0] == PulseReset)
        {
            reset();
        }
    }
}
