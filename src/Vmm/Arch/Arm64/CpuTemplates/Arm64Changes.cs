using MicroVm.Vmm.Arch.CpuTemplates;
using MicroVm.Vmm.Diagnostics;
using MicroVm.Vmm.Interop.Kvm.Arm64;
using MicroVm.Vmm.Kvm;

namespace MicroVm.Vmm.Arch.Arm64.CpuTemplates;

/// <summary>What a CPU template changes on 64-bit Arm, before the boot state (<see cref="BootRegisters"/>).</summary>
internal static class Arm64Changes
{
    /// <summary>Changes the features of a vCPU that is about to be initialised.</summary>
    internal static void ApplyTo(this CpuTemplate template, ref KvmVcpuInit init)
    {
        foreach (FeatureModifier modifier in template.Features)
        {
            Span<uint> words = init.FeatureWords;
            words[modifier.Index] = (uint)modifier.Bits.Apply(words[modifier.Index]);
        }
    }

    /// <summary>Changes the registers of an initialised vCPU from what KVM gave them.</summary>
    /// <exception cref="VmmFaultException">There is no such register on this host, or it takes no such value.</exception>
    internal static void ApplyTo(this CpuTemplate template, KvmVcpu vcpu)
    {
        foreach (RegisterModifier modifier in template.Registers)
        {
            try
            {
                vcpu.SetRegister(modifier.Id, modifier.Bits.Apply(vcpu.GetRegister(modifier.Id)));
            }
            catch (VmmFaultException fault)
            {
                throw new VmmFaultException(
                    ExitCode.BadConfiguration, $"cpu-config.reg_modifiers: expected a register of this host and a value that it takes, found {fault.Message}", fault);
            }
        }
    }
}
