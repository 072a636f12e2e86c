using MicroVm.Vmm.Arch.X64;
using MicroVm.Vmm.Bus;
using MicroVm.Vmm.Control;
using MicroVm.Vmm.Devices.Legacy;
using MicroVm.Vmm.Devices.Virtio.RateLimiting;
using MicroVm.Vmm.Diagnostics;
using MicroVm.Vmm.EventLoop;
using MicroVm.Vmm.Interop.Linux;

namespace MicroVm.Vmm.Machine;

/// <summary>
/// Puts the devices at fixed ports on the bus: serial, keyboard, power and reset registers, crash notice. <paramref name="interrupt"/> makes
/// the line of a GSI.
/// </summary>
internal sealed class LegacySlots(
    IoBus ports, EpollLoop loop, VmLifetime lifetime, Logger logger, OwnedResources resources, Func<uint, IInterruptLine> interrupt)
{
    /// <exception cref="VmmFaultException">The serial port's file cannot be opened.</exception>
    /// <exception cref="OsFaultException">The host lacks a descriptor.</exception>
    internal LegacyDevices AddAll(SerialConfig? serialConfig, bool readsStandardInput)
    {
        Serial16550 serial = AddSerial(serialConfig);
        KeyboardController keyboard = AddPower();
        if (readsStandardInput)
        {
            StandardInputSource.Attach(loop, serial);
        }

        return new LegacyDevices(serial, keyboard, AddCrashNotice());
    }

    private Serial16550 AddSerial(SerialConfig? config)
    {
        DescriptorSerialOutput output = config?.SerialOutPath is string path
            ? DescriptorSerialOutput.ToFile(path)
            : DescriptorSerialOutput.ToStandardOutput();
        resources.Own(output);
        TokenBucket? limit = config?.RateLimiter is { IsLimit: true } bucket ? new TokenBucket(bucket, TimeProvider.System) : null;
        Serial16550 serial = new(interrupt(AddressMap.SerialGsi), output, limit);
        ports.Add(AddressMap.SerialPort, AddressMap.SerialPortCount, serial);
        return serial;
    }

    private KeyboardController AddPower()
    {
        VmOutcome reset = new(ExitCode.Ok, "guest reset");
        VmOutcome powerOff = new(ExitCode.Ok, "guest powered off");
        KeyboardController keyboard = new(interrupt(AddressMap.KeyboardGsi), () => lifetime.End(reset));
        ports.Add(AddressMap.KeyboardPort, AddressMap.KeyboardPortCount, keyboard);
        ports.Add(
            AddressMap.AcpiPowerPort,
            AddressMap.AcpiPowerPortCount,
            new AcpiPowerDevice(() => lifetime.End(powerOff), () => lifetime.End(reset)));
        return keyboard;
    }

    private PvpanicDevice AddCrashNotice()
    {
        PvpanicDevice device = new(message =>
        {
            lifetime.NoteGuestPanic();
            logger.Warning(message, nameof(PvpanicDevice));
        });
        ports.Add(AddressMap.PvpanicPort, AddressMap.PvpanicPortCount, device);
        return device;
    }
}
