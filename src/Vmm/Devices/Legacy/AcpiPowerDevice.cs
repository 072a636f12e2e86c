using MicroVm.Vmm.Bus;

namespace MicroVm.Vmm.Devices.Legacy;

/// <summary>
/// The sleep control, sleep status and reset registers that the FADT names (ACPI 6.5, sections 4.8.3.7 and 4.8.3.6), a byte each.
/// </summary>
internal sealed class AcpiPowerDevice(Action powerOff, Action reset) : IBusDevice
{
    internal const ulong SleepControlOffset = 0;
    internal const ulong SleepStatusOffset = 1;
    internal const ulong ResetOffset = 2;

    /// <summary>The value that resets when it is written to the reset register.</summary>
    internal const byte ResetValue = 1;

    /// <summary>SLP_TYPx of S5, as the DSDT's _S5 has it.</summary>
    internal const byte SoftOffSleepType = 5;

    private const byte SleepEnable = 1 << 5;
    private const int SleepTypeShift = 2;
    private const byte SleepTypeMask = 7;

    public void Read(ulong offset, Span<byte> data) => data.Clear();

    public void Write(ulong offset, ReadOnlySpan<byte> data)
    {
        byte value = data[0];
        if (offset == ResetOffset && value == ResetValue)
        {
            reset();
        }
        else if (offset == SleepControlOffset && (value & SleepEnable) != 0
            && ((value >> SleepTypeShift) & SleepTypeMask) == SoftOffSleepType)
        {
            powerOff();
        }
    }
}
