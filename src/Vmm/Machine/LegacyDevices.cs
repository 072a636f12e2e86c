using MicroVm.Vmm.Devices.Legacy;

namespace MicroVm.Vmm.Machine;

/// <summary>The devices at fixed ports that are used from outside the guest.</summary>
internal sealed record LegacyDevices(Serial16550 Serial, KeyboardController Keyboard, PvpanicDevice Pvpanic);
