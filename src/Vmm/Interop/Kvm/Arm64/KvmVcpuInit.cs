using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace MicroVm.Vmm.Interop.Kvm.Arm64;

/// <summary><c>struct kvm_vcpu_init</c>: the kind of processor and its optional features, a bit each.</summary>
internal struct KvmVcpuInit
{
    /// <summary>Words of 32 features.</summary>
    internal const int FeatureWordCount = 7;

    /// <summary>1 &lt;&lt; KVM_ARM_VCPU_POWER_OFF: the vCPU waits for PSCI CPU_ON.</summary>
    internal const uint FeaturePowerOff = 1 << 0;

    /// <summary>1 &lt;&lt; KVM_ARM_VCPU_PSCI_0_2.</summary>
    internal const uint FeaturePsci02 = 1 << 2;

    /// <summary>KVM_ARM_VCPU_SVE.</summary>
    internal const int SveNumber = 4;

    internal uint Target;
    private Words _features;

    /// <summary>All words of features.</summary>
    [UnscopedRef]
    internal Span<uint> FeatureWords => _features;

    /// <summary>The first 32 features, which are all that there are.</summary>
    internal uint Features
    {
        readonly get => _features[0];
        set => _features[0] = value;
    }

    [InlineArray(FeatureWordCount)]
    private struct Words
    {
        private uint _first;
    }
}
