namespace MicroVm.Vmm.Arch.X64.CpuTemplates;

/// <summary>One of the four registers that CPUID answers in.</summary>
internal enum CpuidRegister
{
    Eax,
    Ebx,
    Ecx,
    Edx,
}
