namespace MicroVm.Vmm.Bus;

/// <summary>An edge-triggered interrupt into the guest; in the machine a message to the local APICs or a pulse on a line of the GIC.</summary>
internal interface IInterruptLine
{
    /// <summary>Raises one edge. Any thread.</summary>
    void Trigger();
}
