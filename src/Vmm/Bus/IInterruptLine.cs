namespace MicroVm.Vmm.Bus;

/// <summary>An edge-triggered interrupt into the guest; in the machine an eventfd bound with KVM_IRQFD.</summary>
internal interface IInterruptLine
{
    /// <summary>Raises one edge. Any thread.</summary>
    void Trigger();
}
