using System.Runtime.InteropServices;
using MicroVm.Vmm.Interop.Kvm;

namespace MicroVm.Vmm.Jail.Filters;

/// <summary>What filters need to know of an architecture.</summary>
internal abstract class FilterTarget
{
    /// <summary>The architecture of this process.</summary>
    internal static FilterTarget Current { get; } =
        RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? new Arm64.Arm64FilterTarget() : new X64.X64FilterTarget();

    /// <summary>AUDIT_ARCH_* of <c>&lt;linux/audit.h&gt;</c>.</summary>
    internal abstract uint AuditArchitecture { get; }

    /// <summary>Requests to KVM while a guest runs, beyond <see cref="KvmIoctl.Run"/>: those of a vCPU, and of whoever raises an interrupt.</summary>
    internal abstract ReadOnlySpan<uint> KvmRequests { get; }

    /// <summary>The number of a call.</summary>
    internal abstract ushort NumberOf(SystemCall call);
}
