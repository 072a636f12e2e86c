using MicroVm.Vmm.Arch.CpuTemplates;

namespace MicroVm.Vmm.Arch.X64.CpuTemplates;

/// <summary>A change of one register of a CPUID leaf.</summary>
internal readonly record struct CpuidRegisterModifier(CpuidRegister Register, BitFilter Bits);
