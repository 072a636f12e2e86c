namespace MicroVm.Vmm.Interop.Kvm.Arm64;

/// <summary><c>struct kvm_device_attr</c>, with the numbers that a GIC has (Documentation/virt/kvm/devices/arm-vgic*.rst).</summary>
internal struct KvmDeviceAttr
{
    /// <summary>KVM_DEV_ARM_VGIC_GRP_ADDR.</summary>
    internal const uint GroupAddress = 0;

    /// <summary>KVM_DEV_ARM_VGIC_GRP_NR_IRQS.</summary>
    internal const uint GroupInterruptCount = 3;

    /// <summary>KVM_DEV_ARM_VGIC_GRP_CTRL.</summary>
    internal const uint GroupControl = 4;

    /// <summary>KVM_VGIC_V2_ADDR_TYPE_DIST.</summary>
    internal const ulong V2Distributor = 0;

    /// <summary>KVM_VGIC_V2_ADDR_TYPE_CPU.</summary>
    internal const ulong V2CpuInterface = 1;

    /// <summary>KVM_VGIC_V3_ADDR_TYPE_DIST.</summary>
    internal const ulong V3Distributor = 2;

    /// <summary>KVM_VGIC_V3_ADDR_TYPE_REDIST.</summary>
    internal const ulong V3Redistributors = 3;

    /// <summary>KVM_DEV_ARM_VGIC_CTRL_INIT.</summary>
    internal const ulong ControlInitialise = 0;

    internal uint Flags;
    internal uint Group;
    internal ulong Attribute;

    /// <summary>Where the value is in this process.</summary>
    internal ulong Address;
}
