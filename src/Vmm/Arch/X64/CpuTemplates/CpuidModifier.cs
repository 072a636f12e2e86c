using MicroVm.Vmm.Interop.Kvm.X64;

namespace MicroVm.Vmm.Arch.X64.CpuTemplates;

/// <summary>
/// A change of the CPUID leaf that has this number and index. <paramref name="Flags"/> replace the entry's (KVM_CPUID_FLAG_*,
/// Documentation/virt/kvm/api.rst, 4.46).
/// </summary>
internal sealed record CpuidModifier(uint Leaf, uint Subleaf, uint Flags, IReadOnlyList<CpuidRegisterModifier> Registers)
{
    /// <summary>Changes <paramref name="entry"/>, which is this leaf.</summary>
    internal void Apply(ref KvmCpuidEntry2 entry)
    {
        entry.Flags = Flags;
        foreach (CpuidRegisterModifier modifier in Registers)
        {
            ref uint register = ref entry.Eax;
            switch (modifier.Register)
            {
                case CpuidRegister.Ebx:
                    register = ref entry.Ebx;
                    break;
                case CpuidRegister.Ecx:
                    register = ref entry.Ecx;
                    break;
                case CpuidRegister.Edx:
                    register = ref entry.Edx;
                    break;
            }

            register = (uint)modifier.Bits.Apply(register);
        }
    }
}
