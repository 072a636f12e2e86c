using System.Runtime.InteropServices;

namespace MicroVm.EdgeAgent.Interop.Kvm.X64;

/// <summary><c>struct kvm_regs</c> of x86 with the members that are set.</summary>
[StructLayout(LayoutKind.Explicit, Size = 144)]
internal struct KvmRegs
{
    [FieldOffset(0)] internal ulong Rax;
    [FieldOffset(8)] internal ulong Rbx;
    [FieldOffset(16)] internal ulong Rcx;
    [FieldOffset(24)] internal ulong Rdx;
    [FieldOffset(40)] internal ulong Rdi;
    [FieldOffset(128)] internal ulong Rip;
    [FieldOffset(136)] internal ulong Rflags;
}
