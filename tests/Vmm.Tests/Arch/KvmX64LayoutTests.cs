using MicroVm.Vmm.Interop.Kvm;
using MicroVm.Vmm.Interop.Kvm.X64;

namespace MicroVm.Vmm.Tests.Arch;

public sealed class KvmX64LayoutTests
{
    [Fact]
    public void Structures_OfLinuxKvm_HaveTheHeadersLayout()
    {
        CHeaderAssertions c = new("linux/kvm.h");
        c.Size<KvmCpuidEntry2>("struct kvm_cpuid_entry2")
            .Offsets<KvmCpuidEntry2>(
                "struct kvm_cpuid_entry2",
                ("Function", "function"),
                ("Index", "index"),
                ("Flags", "flags"),
                ("Eax", "eax"),
                ("Ebx", "ebx"),
                ("Ecx", "ecx"),
                ("Edx", "edx"))
            .Equal("offsetof(struct kvm_cpuid2, entries)", 8);
        c.Size<KvmMsrEntry>("struct kvm_msr_entry")
            .Offsets<KvmMsrEntry>("struct kvm_msr_entry", ("Index", "index"), ("Data", "data"))
            .Equal("offsetof(struct kvm_msrs, entries)", 8);
        Assert.Equal("", c.Compile());
    }

    [Fact]
    public void Registers_OfLinuxKvm_HaveTheHeadersLayout()
    {
        CHeaderAssertions c = new("linux/kvm.h");
        c.Size<KvmRegs>("struct kvm_regs");
        foreach (string name in (string[])["Rax", "Rbx", "Rcx", "Rdx", "Rsi", "Rdi", "Rsp", "Rbp", "R8", "R15", "Rip", "Rflags"])
        {
            c.Offsets<KvmRegs>("struct kvm_regs", (name, name.ToLowerInvariant()));
        }

        c.Size<KvmSegment>("struct kvm_segment");
        foreach (string name in (string[])["Base", "Limit", "Selector", "Type", "Present", "Dpl", "Db", "S", "L", "G", "Avl", "Unusable"])
        {
            c.Offsets<KvmSegment>("struct kvm_segment", (name, name.ToLowerInvariant()));
        }

        c.Size<KvmDtable>("struct kvm_dtable").Offsets<KvmDtable>("struct kvm_dtable", ("Base", "base"), ("Limit", "limit"));
        c.Size<KvmSregs>("struct kvm_sregs");
        foreach (string name in (string[])["Cs", "Ds", "Es", "Fs", "Gs", "Ss", "Tr", "Ldt", "Gdt", "Idt", "Cr0", "Cr2", "Cr3", "Cr4", "Cr8", "Efer"])
        {
            c.Offsets<KvmSregs>("struct kvm_sregs", (name, name.ToLowerInvariant()));
        }

        c.Offsets<KvmSregs>("struct kvm_sregs", ("ApicBase", "apic_base"));
        Assert.Equal("", c.Compile());
    }

    [Fact]
    public void Numbers_OfLinuxKvm_AreTheHeaders()
    {
        CHeaderAssertions c = new("sys/ioctl.h", "linux/kvm.h");
        c.Equal("KVM_GET_SUPPORTED_CPUID", KvmIoctl.GetSupportedCpuid)
            .Equal("KVM_SET_TSS_ADDR", KvmIoctl.SetTssAddress)
            .Equal("KVM_SET_IDENTITY_MAP_ADDR", KvmIoctl.SetIdentityMapAddress)
            .Equal("KVM_GET_REGS", KvmIoctl.GetRegs)
            .Equal("KVM_SET_REGS", KvmIoctl.SetRegs)
            .Equal("KVM_GET_SREGS", KvmIoctl.GetSregs)
            .Equal("KVM_SET_SREGS", KvmIoctl.SetSregs)
            .Equal("KVM_GET_MSRS", KvmIoctl.GetMsrs)
            .Equal("KVM_SET_MSRS", KvmIoctl.SetMsrs)
            .Equal("KVM_SET_CPUID2", KvmIoctl.SetCpuid2);
        Assert.Equal("", c.Compile());
    }
}
