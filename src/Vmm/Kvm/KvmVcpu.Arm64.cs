using MicroVm.Vmm.Interop.Kvm;
using MicroVm.Vmm.Interop.Kvm.Arm64;
using MicroVm.Vmm.Interop.Linux;

namespace MicroVm.Vmm.Kvm;

/// <content>Registers of 64-bit Arm.</content>
// SAFETY: the kernel reads and writes values of this stack during its calls.
internal sealed unsafe partial class KvmVcpu
{
    /// <summary>Brings the vCPU into the state after a reset.</summary>
    internal void Initialise(KvmVcpuInit init)
    {
        KvmCall.Invoke(_fd, KvmIoctl.ArmVcpuInit, &init, "KVM_ARM_VCPU_INIT");
        int sve = KvmVcpuInit.SveNumber;
        if ((init.Features & (1u << sve)) != 0)
        {
            // The length of its vectors is KVM's choice; until it is settled the registers cannot be used.
            KvmCall.Invoke(_fd, KvmIoctl.ArmVcpuFinalize, &sve, "KVM_ARM_VCPU_FINALIZE");
        }
    }

    /// <summary>A register of at most 64 bits (<see cref="KvmRegister"/>).</summary>
    internal ulong GetRegister(ulong id)
    {
        ulong value = 0;
        KvmOneReg request = new() { Id = id, Address = (ulong)&value };
        KvmCall.Invoke(_fd, KvmIoctl.GetOneReg, &request, $"KVM_GET_ONE_REG 0x{id:x}");
        return value;
    }

    /// <summary>Sets a register of at most 64 bits (<see cref="KvmRegister"/>).</summary>
    internal void SetRegister(ulong id, ulong value)
    {
        KvmOneReg request = new() { Id = id, Address = (ulong)&value };
        KvmCall.Invoke(_fd, KvmIoctl.SetOneReg, &request, $"KVM_SET_ONE_REG 0x{id:x}");
    }

    /// <summary>The guest's last access to memory ends with a synchronous external abort; false where KVM cannot do that.</summary>
    internal bool TryAbortAccess()
    {
        KvmVcpuEvents events = new() { ExternalAbortPending = 1 };
        return Libc.ioctl(_fd, KvmIoctl.SetVcpuEvents, (nuint)(&events)) >= 0;
    }
}
