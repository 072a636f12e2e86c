using MicroVm.Vmm.Arch.CpuTemplates;

namespace MicroVm.Vmm.Arch.Arm64.CpuTemplates;

/// <summary>A change of the register with this number (KVM_REG_ARM64_*, Documentation/virt/kvm/api.rst, 4.68), which has 32 or 64 bits.</summary>
internal readonly record struct RegisterModifier(ulong Id, BitFilter Bits);
