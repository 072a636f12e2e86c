using MicroVm.Vmm.Arch.CpuTemplates;

namespace MicroVm.Vmm.Arch.X64.CpuTemplates;

/// <summary>A change of the model-specific register with this number.</summary>
internal readonly record struct MsrModifier(uint Address, BitFilter Bits);
