using MicroVm.Vmm.Arch.CpuTemplates;

namespace MicroVm.Vmm.Arch.Arm64.CpuTemplates;

/// <summary>A change of one of the words of 32 features (KVM_ARM_VCPU_*) that a vCPU is initialised with.</summary>
internal readonly record struct FeatureModifier(int Index, BitFilter Bits);
