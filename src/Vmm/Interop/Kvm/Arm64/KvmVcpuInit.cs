namespace MicroVm.Vmm.Interop.Kvm.Arm64;

/// <summary><c>struct kvm_vcpu_init</c>: the kind of processor and the first 32 of its optional features.</summary>
internal unsafe struct KvmVcpuInit
{
    /// <summary>1 &lt;&lt; KVM_ARM_VCPU_POWER_OFF: the vCPU waits for PSCI CPU_ON.</summary>
    internal const uint FeaturePowerOff = 1 << 0;

    /// <summary>1 &lt;&lt; KVM_ARM_VCPU_PSCI_0_2.</summary>
    internal const uint FeaturePsci02 = 1 << 2;

    internal uint Target;
    internal uint Features;
    private fixed uint _moreFeatures[6];
}
