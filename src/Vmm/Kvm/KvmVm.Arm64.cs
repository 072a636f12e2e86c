using MicroVm.Vmm.Arch.Arm64;
using MicroVm.Vmm.Bus;
using MicroVm.Vmm.Diagnostics;
using MicroVm.Vmm.Interop.Kvm;
using MicroVm.Vmm.Interop.Kvm.Arm64;
using MicroVm.Vmm.Interop.Linux;

namespace MicroVm.Vmm.Kvm;

/// <content>The interrupt controller and the processors of 64-bit Arm.</content>
// SAFETY: as in the main part.
internal sealed unsafe partial class KvmVm
{
    /// <summary>A GICv3, or a GICv2 where the host has only that (Raspberry Pi 4); not initialised yet.</summary>
    /// <exception cref="VmmFaultException">KVM has neither.</exception>
    internal KvmGic CreateGic()
    {
        KvmCreateDevice request = new() { Type = KvmCreateDevice.GicV3 };
        if (Libc.ioctl(fd, KvmIoctl.CreateDevice, (nuint)(&request)) >= 0)
        {
            return new KvmGic(request.Fd, GicVersion.V3);
        }

        request = new KvmCreateDevice { Type = KvmCreateDevice.GicV2 };
        KvmCall.Invoke(fd, KvmIoctl.CreateDevice, &request, "KVM_CREATE_DEVICE (GICv3 was refused, then GICv2)");
        return new KvmGic(request.Fd, GicVersion.V2);
    }

    /// <summary>The line of a shared peripheral interrupt, from 0; the guest must have it as an edge. Works until the VM is closed.</summary>
    internal IInterruptLine SharedInterrupt(uint number) => new KvmSharedInterrupt(fd, number);

    /// <summary>The kind of processor that this host can run, with PSCI 0.2.</summary>
    internal KvmVcpuInit PreferredTarget()
    {
        KvmVcpuInit init;
        KvmCall.Invoke(fd, KvmIoctl.ArmPreferredTarget, &init, "KVM_ARM_PREFERRED_TARGET");
        init.Features |= KvmVcpuInit.FeaturePsci02;
        return init;
    }

    /// <summary>
    /// From now on an access to device memory that the hardware does not describe (a pair of registers, say) comes to this process, which
    /// answers it with an abort. Without that KVM_RUN fails. False where KVM is too old for it.
    /// </summary>
    internal bool TryTakeAccessesWithoutSyndrome()
    {
        KvmEnableCap request = new() { Capability = (uint)KvmCapability.ArmNisvToUser };
        return Libc.ioctl(fd, KvmIoctl.EnableCap, (nuint)(&request)) >= 0;
    }
}
