namespace MicroVm.EdgeAgent.Interop.Kvm;

/// <summary><c>struct kvm_create_device</c>.</summary>
internal struct KvmCreateDevice
{
    /// <summary>KVM_CREATE_DEVICE_TEST: only says whether the device could be made.</summary>
    internal const uint TestOnly = 1;

    /// <summary>KVM_DEV_TYPE_ARM_VGIC_V2 and _V3.</summary>
    internal const uint VgicV2 = 5, VgicV3 = 7;

    internal uint Type;
    internal uint Fd;
    internal uint Flags;
}
