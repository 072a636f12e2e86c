using MicroVm.Vmm.Interop.Kvm;

namespace MicroVm.Vmm.Jail.Filters.Arm64;

/// <summary>aarch64.</summary>
internal sealed class Arm64FilterTarget : FilterTarget
{
    /// <summary>AUDIT_ARCH_AARCH64.</summary>
    internal override uint AuditArchitecture => 0xc000_00b7;

    /// <summary>An interrupt, the registers of a vCPU whose guest is stuck, and an abort for an access that nothing can answer.</summary>
    internal override ReadOnlySpan<uint> KvmRequests => [KvmIoctl.IrqLine, KvmIoctl.GetOneReg, KvmIoctl.SetVcpuEvents];

    internal override ushort NumberOf(SystemCall call) => SystemCallNumbers.Of(call);
}
