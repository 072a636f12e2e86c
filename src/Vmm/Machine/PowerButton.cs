namespace MicroVm.Vmm.Machine;

/// <summary>The guest's power button; <paramref name="press"/> is what the platform's device does about it.</summary>
internal sealed class PowerButton(Action press)
{
    /// <summary>True once it was pressed.</summary>
    internal bool WasPressed { get; private set; }

    /// <summary>Asks the guest to shut down; what it does about that is its own affair.</summary>
    internal void Press()
    {
        WasPressed = true;
        press();
    }
}
