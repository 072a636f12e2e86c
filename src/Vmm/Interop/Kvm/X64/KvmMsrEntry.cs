using System.Runtime.InteropServices;

namespace MicroVm.Vmm.Interop.Kvm.X64;

/// <summary><c>struct kvm_msr_entry</c>.</summary>
[StructLayout(LayoutKind.Explicit, Size = 16)]
internal struct KvmMsrEntry
{
    [FieldOffset(0)] internal uint Index;
    [FieldOffset(8)] internal ulong Data;
}
