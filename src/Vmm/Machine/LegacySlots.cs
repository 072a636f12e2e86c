using MicroVm.Vmm.Bus;
using MicroVm.Vmm.Control;
using MicroVm.Vmm.Devices.Legacy;
using MicroVm.Vmm.Devices.Virtio.RateLimiting;
using MicroVm.Vmm.Diagnostics;
using MicroVm.Vmm.EventLoop;
using MicroVm.Vmm.Interop.Linux;

namespace MicroVm.Vmm.Machine;

/// <summary>Makes the devices at fixed places and puts each where the platform has it: serial, keyboard, power and reset registers, crash notice.</summary>
internal sealed class LegacySlots(
    EpollLoop loop, VmLifetime lifetime, Logger logger, OwnedResources resources, SerialConfig? serialConfig, bool readsStandardInput)
{
    /// <exception cref="VmmFaultException">The serial port's file cannot be opened.</exception>
    /// <exception cref="OsFaultException">The host lacks a descriptor.</exception>
    internal Serial16550 AddSerial(IoBus bus, ulong start, IInterruptLine interrupt)
    {
        DescriptorSerialOutput output = serialConfig?.SerialOutPath is string path
            ? DescriptorSerialOutput.ToFile(path)
            : DescriptorSerialOutput.ToStandardOutput();
        resources.Own(output);
        TokenBucket? limit = serialConfig?.RateLimiter is { IsLimit: true } bucket ? new TokenBucket(bucket, TimeProvider.System) : null;
        Serial16550 serial = new(interrupt, output, limit);
        bus.Add(start, Serial16550.RegisterCount, serial);
        if (readsStandardInput)
        {
            StandardInputSource.Attach(loop, serial);
        }

        return serial;
    }

    internal KeyboardController AddKeyboard(IoBus bus, ulong start, ulong size, IInterruptLine interrupt)
    {
        KeyboardController keyboard = new(interrupt, Reset);
        bus.Add(start, size, keyboard);
        return keyboard;
    }

    internal void AddAcpiPower(IoBus bus, ulong start, ulong size)
    {
        VmOutcome powerOff = new(ExitCode.Ok, "guest powered off");
        bus.Add(start, size, new AcpiPowerDevice(() => lifetime.End(powerOff), Reset));
    }

    internal PvpanicDevice AddCrashNotice(IoBus bus, ulong start, ulong size)
    {
        PvpanicDevice device = new(message =>
        {
            lifetime.NoteGuestPanic();
            logger.Warning(message, nameof(PvpanicDevice));
        });
        bus.Add(start, size, device);
        return device;
    }

    private void Reset() => lifetime.End(new VmOutcome(ExitCode.Ok, "guest reset"));
}
