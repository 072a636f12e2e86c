namespace MicroVm.Vmm.Interop.Kvm.Arm64;

/// <summary><c>struct kvm_create_device</c>.</summary>
internal struct KvmCreateDevice
{
    /// <summary>KVM_DEV_TYPE_ARM_VGIC_V2.</summary>
    internal const uint GicV2 = 5;

    /// <summary>KVM_DEV_TYPE_ARM_VGIC_V3.</summary>
    internal const uint GicV3 = 7;

    internal uint Type;

    /// <summary>The new descriptor; written by the kernel.</summary>
    internal int Fd;
    internal uint Flags;
}
