using MicroVm.Vmm.Interop.Kvm;
using MicroVm.Vmm.Interop.Kvm.Arm64;

namespace MicroVm.Vmm.Tests.Arch;

public sealed class KvmArm64LayoutTests
{
    [Fact]
    public void Structures_OfLinuxKvm_HaveTheHeadersLayout()
    {
        CHeaderAssertions c = new("linux/kvm.h");
        c.Size<KvmVcpuInit>("struct kvm_vcpu_init")
            .Offsets<KvmVcpuInit>("struct kvm_vcpu_init", ("Target", "target"), ("_features", "features"));
        c.Size<KvmOneReg>("struct kvm_one_reg").Offsets<KvmOneReg>("struct kvm_one_reg", ("Id", "id"), ("Address", "addr"));
        c.Size<KvmVcpuEvents>("struct kvm_vcpu_events")
            .Offsets<KvmVcpuEvents>("struct kvm_vcpu_events", ("ExternalAbortPending", "exception.ext_dabt_pending"));
        c.Size<KvmIrqLevel>("struct kvm_irq_level").Offsets<KvmIrqLevel>("struct kvm_irq_level", ("Irq", "irq"), ("Level", "level"));
        c.Size<KvmCreateDevice>("struct kvm_create_device")
            .Offsets<KvmCreateDevice>("struct kvm_create_device", ("Type", "type"), ("Fd", "fd"), ("Flags", "flags"));
        c.Size<KvmDeviceAttr>("struct kvm_device_attr")
            .Offsets<KvmDeviceAttr>(
                "struct kvm_device_attr", ("Flags", "flags"), ("Group", "group"), ("Attribute", "attr"), ("Address", "addr"));
        c.Offsets<KvmRun>("struct kvm_run", ("NoSyndromeAddress", "arm_nisv.fault_ipa"), ("SystemEventType", "system_event.type"));
        Assert.Equal("", c.Compile(CTarget.Arm64));
    }

    [Fact]
    public void Registers_AreTheHeadersNumbers()
    {
        CHeaderAssertions c = new("linux/kvm.h");
        const string core = "(KVM_REG_ARM64 | KVM_REG_SIZE_U64 | KVM_REG_ARM_CORE | KVM_REG_ARM_CORE_REG({0}))";
        c.Equal(core.Replace("{0}", "regs.regs[0]"), KvmRegister.X0)
            .Equal(core.Replace("{0}", "regs.pc"), KvmRegister.ProgramCounter)
            .Equal(core.Replace("{0}", "regs.pstate"), KvmRegister.ProcessorState)
            .Equal("ARM64_SYS_REG(3, 0, 0, 0, 5)", KvmRegister.MultiprocessorAffinity);
        Assert.Equal("", c.Compile(CTarget.Arm64));
    }

    [Fact]
    public void Numbers_OfLinuxKvm_AreTheHeaders()
    {
        CHeaderAssertions c = new("sys/ioctl.h", "linux/kvm.h");
        c.Equal("KVM_IRQ_LINE", KvmIoctl.IrqLine)
            .Equal("KVM_SET_VCPU_EVENTS", KvmIoctl.SetVcpuEvents)
            .Equal("KVM_GET_ONE_REG", KvmIoctl.GetOneReg)
            .Equal("KVM_SET_ONE_REG", KvmIoctl.SetOneReg)
            .Equal("KVM_ARM_VCPU_INIT", KvmIoctl.ArmVcpuInit)
            .Equal("KVM_ARM_PREFERRED_TARGET", KvmIoctl.ArmPreferredTarget)
            .Equal("KVM_ARM_VCPU_FINALIZE", KvmIoctl.ArmVcpuFinalize)
            .Equal("KVM_ARM_VCPU_SVE", KvmVcpuInit.SveNumber)
            .Equal("KVM_CREATE_DEVICE", KvmIoctl.CreateDevice)
            .Equal("KVM_SET_DEVICE_ATTR", KvmIoctl.SetDeviceAttr)
            .Equal("KVM_EXIT_ARM_NISV", (ulong)KvmExitReason.ArmNoSyndrome)
            .Equal("KVM_CAP_ONE_REG", (ulong)KvmCapability.OneReg)
            .Equal("KVM_CAP_DEVICE_CTRL", (ulong)KvmCapability.DeviceControl)
            .Equal("KVM_CAP_ARM_PSCI_0_2", (ulong)KvmCapability.ArmPsci02)
            .Equal("KVM_CAP_ARM_VM_IPA_SIZE", (ulong)KvmCapability.ArmVmIpaSize)
            .Equal("KVM_CAP_ARM_NISV_TO_USER", (ulong)KvmCapability.ArmNisvToUser)
            .Equal("1 << KVM_ARM_VCPU_POWER_OFF", KvmVcpuInit.FeaturePowerOff)
            .Equal("1 << KVM_ARM_VCPU_PSCI_0_2", KvmVcpuInit.FeaturePsci02)
            .Equal("KVM_ARM_IRQ_TYPE_SPI << KVM_ARM_IRQ_TYPE_SHIFT", KvmIrqLevel.SharedPeripheral)
            .Equal("KVM_DEV_TYPE_ARM_VGIC_V2", KvmCreateDevice.GicV2)
            .Equal("KVM_DEV_TYPE_ARM_VGIC_V3", KvmCreateDevice.GicV3)
            .Equal("KVM_DEV_ARM_VGIC_GRP_ADDR", KvmDeviceAttr.GroupAddress)
            .Equal("KVM_DEV_ARM_VGIC_GRP_NR_IRQS", KvmDeviceAttr.GroupInterruptCount)
            .Equal("KVM_DEV_ARM_VGIC_GRP_CTRL", KvmDeviceAttr.GroupControl)
            .Equal("KVM_DEV_ARM_VGIC_CTRL_INIT", KvmDeviceAttr.ControlInitialise)
            .Equal("KVM_VGIC_V2_ADDR_TYPE_DIST", KvmDeviceAttr.V2Distributor)
            .Equal("KVM_VGIC_V2_ADDR_TYPE_CPU", KvmDeviceAttr.V2CpuInterface)
            .Equal("KVM_VGIC_V3_ADDR_TYPE_DIST", KvmDeviceAttr.V3Distributor)
            .Equal("KVM_VGIC_V3_ADDR_TYPE_REDIST", KvmDeviceAttr.V3Redistributors);
        Assert.Equal("", c.Compile(CTarget.Arm64));
    }
}
