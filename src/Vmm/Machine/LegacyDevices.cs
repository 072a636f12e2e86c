using MicroVm.Vmm.Devices.Legacy;

namespace MicroVm.Vmm.Machine;

/// <summary>The devices at fixed places that are used from outside the guest.</summary>
/// <param name="Serial">Its console.</param>
/// <param name="Keyboard">Null where the platform has none.</param>
/// <param name="Pvpanic">Where it says that it crashed.</param>
/// <param name="PowerButton">Asks it to stop.</param>
internal sealed record LegacyDevices(Serial16550 Serial, KeyboardController? Keyboard, PvpanicDevice Pvpanic, PowerButton PowerButton);
