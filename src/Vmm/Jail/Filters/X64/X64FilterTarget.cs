using MicroVm.Vmm.Interop.Kvm;

namespace MicroVm.Vmm.Jail.Filters.X64;

/// <summary>x86_64.</summary>
internal sealed class X64FilterTarget : FilterTarget
{
    /// <summary>AUDIT_ARCH_X86_64.</summary>
    internal override uint AuditArchitecture => 0xc000_003e;

    /// <summary>An interrupt, and the registers of a vCPU whose guest is stuck.</summary>
    internal override ReadOnlySpan<uint> KvmRequests => [KvmIoctl.SignalMsi, KvmIoctl.GetRegs];

    internal override ushort NumberOf(SystemCall call) => SystemCallNumbers.Of(call);
}
