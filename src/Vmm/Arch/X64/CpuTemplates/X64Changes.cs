using MicroVm.Vmm.Arch.CpuTemplates;
using MicroVm.Vmm.Diagnostics;
using MicroVm.Vmm.Interop.Kvm.X64;
using MicroVm.Vmm.Kvm;

namespace MicroVm.Vmm.Arch.X64.CpuTemplates;

/// <summary>What a CPU template changes on x86_64, before topology (<see cref="CpuidTable"/>) and boot state (<see cref="BootRegisters"/>).</summary>
internal static class X64Changes
{
    /// <summary>Changes the leaves that KVM supports, in place.</summary>
    /// <exception cref="VmmFaultException">A leaf is not among them.</exception>
    internal static void ApplyTo(this CpuTemplate template, Span<KvmCpuidEntry2> supported)
    {
        foreach (CpuidModifier modifier in template.Cpuid)
        {
            modifier.Apply(ref Find(supported, modifier));
        }
    }

    /// <summary>Changes the registers of <paramref name="vcpu"/> from what KVM gave them.</summary>
    /// <exception cref="VmmFaultException">There is no such register on this host, or it takes no such value.</exception>
    internal static void ApplyTo(this CpuTemplate template, KvmVcpu vcpu)
    {
        IReadOnlyList<MsrModifier> msrs = template.Msrs;
        if (msrs.Count == 0)
        {
            return;
        }

        KvmMsrEntry[] entries = new KvmMsrEntry[msrs.Count];
        for (int i = 0; i < entries.Length; i++)
        {
            entries[i].Index = msrs[i].Address;
        }

        int read = vcpu.GetMsrs(entries);
        if (read != entries.Length)
        {
            throw Fault($"msr_modifiers: expected an MSR of this host, found 0x{entries[read].Index:x}");
        }

        for (int i = 0; i < entries.Length; i++)
        {
            entries[i].Data = msrs[i].Bits.Apply(entries[i].Data);
        }

        int written = vcpu.TrySetMsrs(entries);
        if (written != entries.Length)
        {
            throw Fault(
                $"msr_modifiers: expected a value that KVM takes for MSR 0x{entries[written].Index:x}, found 0x{entries[written].Data:x}");
        }
    }

    private static ref KvmCpuidEntry2 Find(Span<KvmCpuidEntry2> supported, CpuidModifier modifier)
    {
        foreach (ref KvmCpuidEntry2 entry in supported)
        {
            if (entry.Function == modifier.Leaf && entry.Index == modifier.Subleaf)
            {
                return ref entry;
            }
        }

        throw Fault($"cpuid_modifiers: expected a leaf that KVM has on this host, found leaf 0x{modifier.Leaf:x}, subleaf 0x{modifier.Subleaf:x}");
    }

    private static VmmFaultException Fault(string message) => new(ExitCode.BadConfiguration, $"cpu-config.{message}");
}
