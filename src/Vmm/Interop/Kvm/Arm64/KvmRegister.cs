namespace MicroVm.Vmm.Interop.Kvm.Arm64;

/// <summary>
/// Register numbers for KVM_SET_ONE_REG (<c>&lt;asm/kvm.h&gt;</c> of arm64): architecture, size, group, and within the core group the offset
/// in <c>struct kvm_regs</c> in words of four bytes.
/// </summary>
internal static class KvmRegister
{
    /// <summary>x0; the others follow at distances of two.</summary>
    internal const ulong X0 = Core64;

    internal const ulong ProgramCounter = Core64 | 64;
    internal const ulong ProcessorState = Core64 | 66;

    /// <summary>MPIDR_EL1: op0 3, op1 0, CRn 0, CRm 0, op2 5.</summary>
    internal const ulong MultiprocessorAffinity = System64 | 0xc005;

    // KVM_REG_ARM64 | KVM_REG_SIZE_U64, and the groups KVM_REG_ARM_CORE and KVM_REG_ARM64_SYSREG.
    private const ulong Core64 = 0x6030_0000_0010_0000;
    private const ulong System64 = 0x6030_0000_0013_0000;
}
