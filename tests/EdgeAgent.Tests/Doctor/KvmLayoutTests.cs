using MicroVm.EdgeAgent.Doctor;
using MicroVm.EdgeAgent.Interop;
using MicroVm.EdgeAgent.Interop.Kvm;
using MicroVm.EdgeAgent.Interop.Kvm.X64;

namespace MicroVm.EdgeAgent.Tests.Doctor;

public sealed class KvmLayoutTests
{
    [Theory]
    [InlineData(CTarget.X64)]
    [InlineData(CTarget.Arm64)]
    public void Requests_OfEitherArchitecture_AreTheHeaders(CTarget target)
    {
        CHeaderAssertions c = new("sys/ioctl.h", "linux/kvm.h");
        c.Size<KvmMemoryRegion>("struct kvm_userspace_memory_region")
            .Offsets<KvmMemoryRegion>(
                "struct kvm_userspace_memory_region",
                ("Slot", "slot"),
                ("Flags", "flags"),
                ("GuestPhysicalAddress", "guest_phys_addr"),
                ("MemorySize", "memory_size"),
                ("UserspaceAddress", "userspace_addr"))
            .Size<KvmCreateDevice>("struct kvm_create_device")
            .Offsets<KvmCreateDevice>("struct kvm_create_device", ("Type", "type"), ("Fd", "fd"), ("Flags", "flags"))
            .Equal("KVM_CREATE_DEVICE_TEST", KvmCreateDevice.TestOnly)
            .Equal("KVM_DEV_TYPE_ARM_VGIC_V2", KvmCreateDevice.VgicV2)
            .Equal("KVM_DEV_TYPE_ARM_VGIC_V3", KvmCreateDevice.VgicV3)
            .Equal("KVM_CAP_ARM_VM_IPA_SIZE", 165);
        c.Equal("KVM_GET_API_VERSION", KvmRequest.GetApiVersion)
            .Equal("KVM_CREATE_VM", KvmRequest.CreateVm)
            .Equal("KVM_CHECK_EXTENSION", KvmRequest.CheckExtension)
            .Equal("KVM_GET_VCPU_MMAP_SIZE", KvmRequest.GetVcpuMmapSize)
            .Equal("KVM_CREATE_VCPU", KvmRequest.CreateVcpu)
            .Equal("KVM_SET_USER_MEMORY_REGION", KvmRequest.SetUserMemoryRegion)
            .Equal("KVM_RUN", KvmRequest.Run)
            .Equal("KVM_CREATE_DEVICE", KvmRequest.CreateDevice);
        foreach ((uint number, string name) in KvmProbe.Needed)
        {
            c.Equal(name, number);
        }

        Assert.Equal("", c.Compile(target));
    }

    [Fact]
    public void Registers_OfX64_HaveTheHeadersLayout()
    {
        CHeaderAssertions c = new("sys/ioctl.h", "linux/kvm.h");
        c.Size<KvmSegment>("struct kvm_segment")
            .Offsets<KvmSegment>("struct kvm_segment", ("Base", "base"), ("Limit", "limit"), ("Selector", "selector"), ("Type", "type"), ("Unusable", "unusable"))
            .Size<KvmSregs>("struct kvm_sregs")
            .Offsets<KvmSregs>(
                "struct kvm_sregs", ("Cs", "cs"), ("Ds", "ds"), ("Es", "es"), ("Ss", "ss"), ("Cr0", "cr0"), ("Cr3", "cr3"), ("Cr4", "cr4"), ("Efer", "efer"))
            .Size<KvmRegs>("struct kvm_regs")
            .Offsets<KvmRegs>(
                "struct kvm_regs", ("Rax", "rax"), ("Rbx", "rbx"), ("Rcx", "rcx"), ("Rdx", "rdx"), ("Rdi", "rdi"), ("Rip", "rip"), ("Rflags", "rflags"));
        c.Equal("KVM_GET_SUPPORTED_CPUID", KvmRequest.GetSupportedCpuid)
            .Equal("KVM_SET_CPUID2", KvmRequest.SetCpuid2)
            .Equal("sizeof(struct kvm_cpuid_entry2)", 40)
            .Equal("KVM_SET_TSS_ADDR", KvmRequest.SetTssAddress)
            .Equal("KVM_SET_IDENTITY_MAP_ADDR", KvmRequest.SetIdentityMapAddress)
            .Equal("KVM_SET_REGS", KvmRequest.SetRegs)
            .Equal("KVM_GET_SREGS", KvmRequest.GetSregs)
            .Equal("KVM_SET_SREGS", KvmRequest.SetSregs)
            .Equal("KVM_EXIT_HLT", 5)
            .Equal("KVM_EXIT_INTERNAL_ERROR", 17)
            .Equal("KVM_INTERNAL_ERROR_EMULATION", 1)
            .Equal("offsetof(struct kvm_run, exit_reason)", 8)
            .Equal("offsetof(struct kvm_run, internal.suberror)", 32);
        Assert.Equal("", c.Compile());
    }
}
