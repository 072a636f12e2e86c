using System.Runtime.InteropServices;

namespace MicroVm.EdgeAgent.Interop.Kvm.X64;

/// <summary><c>struct kvm_sregs</c> of x86 with the members that a 64-bit guest without interrupts needs.</summary>
[StructLayout(LayoutKind.Explicit, Size = 312)]
internal struct KvmSregs
{
    [FieldOffset(0)] internal KvmSegment Cs;
    [FieldOffset(24)] internal KvmSegment Ds;
    [FieldOffset(48)] internal KvmSegment Es;
    [FieldOffset(120)] internal KvmSegment Ss;
    [FieldOffset(224)] internal ulong Cr0;
    [FieldOffset(240)] internal ulong Cr3;
    [FieldOffset(248)] internal ulong Cr4;
    [FieldOffset(264)] internal ulong Efer;
}
