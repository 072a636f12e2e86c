using MicroVm.Vmm.Interop.Kvm.Arm64;
using MicroVm.Vmm.Kvm;

namespace MicroVm.Vmm.Arch.Arm64;

/// <summary>The first vCPU's registers at the kernel's entry (Documentation/arch/arm64/booting.rst): EL1, all interrupts masked, x0 the device tree.</summary>
internal static class BootRegisters
{
    /// <summary>D, A, I and F masked, EL1 with its own stack pointer.</summary>
    private const ulong MaskedEl1h = 0x3c5;

    internal static void Apply(KvmVcpu vcpu, BootContents contents)
    {
        vcpu.SetRegister(KvmRegister.ProcessorState, MaskedEl1h);
        vcpu.SetRegister(KvmRegister.ProgramCounter, contents.Kernel.Entry.Value);
        vcpu.SetRegister(KvmRegister.X0, AddressMap.DeviceTree(contents.Memory.SizeBytes));
    }
}
