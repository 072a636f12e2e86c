namespace MicroVm.Vmm.Interop.Kvm.Arm64;

/// <summary><c>struct kvm_irq_level</c>.</summary>
internal struct KvmIrqLevel
{
    /// <summary>KVM_ARM_IRQ_TYPE_SPI in the place of the type: a line that any vCPU may serve, with the GIC's number below.</summary>
    internal const uint SharedPeripheral = 1u << 24;

    internal uint Irq;
    internal uint Level;
}
