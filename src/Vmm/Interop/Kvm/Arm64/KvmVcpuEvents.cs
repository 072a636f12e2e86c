using System.Runtime.InteropServices;

namespace MicroVm.Vmm.Interop.Kvm.Arm64;

/// <summary><c>struct kvm_vcpu_events</c> of arm64, as far as it is used: an abort for an access that nobody answers.</summary>
[StructLayout(LayoutKind.Explicit, Size = 64)]
internal struct KvmVcpuEvents
{
    [FieldOffset(2)] internal byte ExternalAbortPending;
}
