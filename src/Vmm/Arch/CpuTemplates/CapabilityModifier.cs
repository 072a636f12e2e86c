namespace MicroVm.Vmm.Arch.CpuTemplates;

/// <summary>A capability of KVM (KVM_CAP_*) to be required as well, or no longer.</summary>
internal readonly record struct CapabilityModifier(uint Number, bool IsRequired);
