using MicroVm.Vmm.Interop.Kvm;
using MicroVm.Vmm.Interop.Kvm.X64;

namespace MicroVm.Vmm.Tests.Arch;

/// <summary>What of KVM is the same on every architecture. The rest: KvmX64LayoutTests and its like.</summary>
public sealed class KvmLayoutTests
{
    [Theory]
    [InlineData(CTarget.X64)]
    [InlineData(CTarget.Arm64)]
    public void Structures_OfLinuxKvm_HaveTheHeadersLayout(CTarget target)
    {
        CHeaderAssertions c = new("linux/kvm.h");
        c.Size<KvmUserspaceMemoryRegion>("struct kvm_userspace_memory_region")
            .Offsets<KvmUserspaceMemoryRegion>(
                "struct kvm_userspace_memory_region",
                ("Slot", "slot"),
                ("Flags", "flags"),
                ("GuestPhysicalAddress", "guest_phys_addr"),
                ("MemorySize", "memory_size"),
                ("UserspaceAddress", "userspace_addr"));
        c.Size<KvmIoeventfd>("struct kvm_ioeventfd")
            .Offsets<KvmIoeventfd>(
                "struct kvm_ioeventfd",
                ("DataMatch", "datamatch"),
                ("Address", "addr"),
                ("Length", "len"),
                ("Fd", "fd"),
                ("Flags", "flags"));
        c.Offsets<KvmSignalMask>("struct kvm_signal_mask", ("Length", "len"), ("SignalSet", "sigset"));
        c.Size<KvmEnableCap>("struct kvm_enable_cap")
            .Offsets<KvmEnableCap>("struct kvm_enable_cap", ("Capability", "cap"), ("Flags", "flags"), ("Argument0", "args[0]"));
        c.Size<KvmCoalescedZone>("struct kvm_coalesced_mmio_zone")
            .Offsets<KvmCoalescedZone>("struct kvm_coalesced_mmio_zone", ("Address", "addr"), ("Size", "size"), ("IsPort", "pio"));
        c.Size<KvmCoalescedWrite>("struct kvm_coalesced_mmio")
            .Offsets<KvmCoalescedWrite>(
                "struct kvm_coalesced_mmio", ("Address", "phys_addr"), ("Length", "len"), ("IsPort", "pio"), ("Data", "data"));
        c.Offsets<KvmCoalescedRing>("struct kvm_coalesced_mmio_ring", ("First", "first"), ("Last", "last"))
            .Equal("sizeof(struct kvm_coalesced_mmio_ring)", 8);
        c.Size<KvmMsi>("struct kvm_msi")
            .Offsets<KvmMsi>(
                "struct kvm_msi",
                ("AddressLow", "address_lo"),
                ("AddressHigh", "address_hi"),
                ("Data", "data"),
                ("Flags", "flags"),
                ("DeviceId", "devid"));
        Assert.Equal("", c.Compile(target));
    }

    [Theory]
    [InlineData(CTarget.X64)]
    [InlineData(CTarget.Arm64)]
    public void Run_OfLinuxKvm_HasTheHeadersLayout(CTarget target)
    {
        CHeaderAssertions c = new("linux/kvm.h");
        c.Offsets<KvmRun>(
            "struct kvm_run",
            ("ImmediateExit", "immediate_exit"),
            ("ExitReason", "exit_reason"),
            ("IoDirection", "io.direction"),
            ("IoSize", "io.size"),
            ("IoPort", "io.port"),
            ("IoCount", "io.count"),
            ("IoDataOffset", "io.data_offset"),
            ("MmioAddress", "mmio.phys_addr"),
            ("MmioData", "mmio.data"),
            ("MmioLength", "mmio.len"),
            ("MmioIsWrite", "mmio.is_write"),
            ("FailEntryReason", "fail_entry.hardware_entry_failure_reason"),
            ("InternalSubError", "emulation_failure.suberror"),
            ("InternalDataCount", "emulation_failure.ndata"),
            ("EmulationFlags", "emulation_failure.flags"),
            ("EmulationInstructionSize", "emulation_failure.insn_size"),
            ("EmulationInstruction", "emulation_failure.insn_bytes"),
            ("SystemEventType", "system_event.type"));
        c.Equal("KVM_EXIT_IO_OUT", 1);
        Assert.Equal("", c.Compile(target));
    }

    [Theory]
    [InlineData(CTarget.X64)]
    [InlineData(CTarget.Arm64)]
    public void Numbers_OfLinuxKvm_AreTheHeaders(CTarget target)
    {
        CHeaderAssertions c = new("sys/ioctl.h", "linux/kvm.h");
        c.Equal("KVM_GET_API_VERSION", KvmIoctl.GetApiVersion)
            .Equal("KVM_CREATE_VM", KvmIoctl.CreateVm)
            .Equal("KVM_CHECK_EXTENSION", KvmIoctl.CheckExtension)
            .Equal("KVM_GET_VCPU_MMAP_SIZE", KvmIoctl.GetVcpuMmapSize)
            .Equal("KVM_CREATE_VCPU", KvmIoctl.CreateVcpu)
            .Equal("KVM_SET_USER_MEMORY_REGION", KvmIoctl.SetUserMemoryRegion)
            .Equal("KVM_REGISTER_COALESCED_MMIO", KvmIoctl.RegisterCoalescedMmio)
            .Equal("KVM_SIGNAL_MSI", KvmIoctl.SignalMsi)
            .Equal("KVM_IOEVENTFD", KvmIoctl.Ioeventfd)
            .Equal("KVM_RUN", KvmIoctl.Run)
            .Equal("KVM_SET_SIGNAL_MASK", KvmIoctl.SetSignalMask)
            .Equal("KVM_ENABLE_CAP", KvmIoctl.EnableCap)
            .Equal("KVM_IOEVENTFD_FLAG_DATAMATCH", KvmIoeventfd.FlagDataMatch)
            .Equal("KVM_MEM_LOG_DIRTY_PAGES", KvmUserspaceMemoryRegion.LogDirtyPages);
        AddExitReasons(c);
        AddCapabilities(c);
        Assert.Equal("", c.Compile(target));
    }

    private static void AddExitReasons(CHeaderAssertions c) =>
        c.Equal("KVM_EXIT_IO", (ulong)KvmExitReason.Io)
            .Equal("KVM_EXIT_MMIO", (ulong)KvmExitReason.Mmio)
            .Equal("KVM_EXIT_HLT", (ulong)KvmExitReason.Halt)
            .Equal("KVM_EXIT_SHUTDOWN", (ulong)KvmExitReason.Shutdown)
            .Equal("KVM_EXIT_FAIL_ENTRY", (ulong)KvmExitReason.FailEntry)
            .Equal("KVM_EXIT_INTR", (ulong)KvmExitReason.Interrupted)
            .Equal("KVM_EXIT_IRQ_WINDOW_OPEN", (ulong)KvmExitReason.InterruptWindowOpen)
            .Equal("KVM_EXIT_INTERNAL_ERROR", (ulong)KvmExitReason.InternalError)
            .Equal("KVM_EXIT_IOAPIC_EOI", (ulong)KvmExitReason.IoApicEoi)
            .Equal("KVM_EXIT_SYSTEM_EVENT", (ulong)KvmExitReason.SystemEvent)
            .Equal("KVM_SYSTEM_EVENT_SHUTDOWN", (ulong)KvmSystemEvent.Shutdown)
            .Equal("KVM_SYSTEM_EVENT_RESET", (ulong)KvmSystemEvent.Reset)
            .Equal("KVM_SYSTEM_EVENT_CRASH", (ulong)KvmSystemEvent.Crash);

    private static void AddCapabilities(CHeaderAssertions c) =>
        c.Equal("KVM_CAP_SPLIT_IRQCHIP", (ulong)KvmCapability.SplitIrqchip)
            .Equal("KVM_CAP_USER_MEMORY", (ulong)KvmCapability.UserMemory)
            .Equal("KVM_CAP_SET_TSS_ADDR", (ulong)KvmCapability.SetTssAddress)
            .Equal("KVM_CAP_EXT_CPUID", (ulong)KvmCapability.ExtCpuid)
            .Equal("KVM_CAP_NR_VCPUS", (ulong)KvmCapability.NrVcpus)
            .Equal("KVM_CAP_COALESCED_MMIO", (ulong)KvmCapability.CoalescedMmio)
            .Equal("KVM_CAP_SIGNAL_MSI", (ulong)KvmCapability.SignalMsi)
            .Equal("KVM_CAP_IOEVENTFD", (ulong)KvmCapability.Ioeventfd)
            .Equal("KVM_CAP_SET_IDENTITY_MAP_ADDR", (ulong)KvmCapability.SetIdentityMapAddress)
            .Equal("KVM_CAP_MAX_VCPUS", (ulong)KvmCapability.MaxVcpus)
            .Equal("KVM_CAP_TSC_DEADLINE_TIMER", (ulong)KvmCapability.TscDeadlineTimer)
            .Equal("KVM_CAP_IMMEDIATE_EXIT", (ulong)KvmCapability.ImmediateExit);
}
