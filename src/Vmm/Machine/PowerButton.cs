using MicroVm.Vmm.Bus;

namespace MicroVm.Vmm.Machine;

/// <summary>The guest's power button: the interrupt of its ACPI generic event device.</summary>
internal sealed class PowerButton(IInterruptLine interrupt)
{
    /// <summary>True once it was pressed.</summary>
    internal bool WasPressed { get; private set; }

    /// <summary>Asks the guest to shut down; what it does about that is its own affair.</summary>
    internal void Press()
    {
        WasPressed = true;
        interrupt.Trigger();
    }
}
