namespace MicroVm.Vmm.Interop.Kvm.X64;

/// <summary><c>struct kvm_sregs</c>.</summary>
internal unsafe struct KvmSregs
{
    internal KvmSegment Cs;
    internal KvmSegment Ds;
    internal KvmSegment Es;
    internal KvmSegment Fs;
    internal KvmSegment Gs;
    internal KvmSegment Ss;
    internal KvmSegment Tr;
    internal KvmSegment Ldt;
    internal KvmDtable Gdt;
    internal KvmDtable Idt;
    internal ulong Cr0;
    internal ulong Cr2;
    internal ulong Cr3;
    internal ulong Cr4;
    internal ulong Cr8;
    internal ulong Efer;
    internal ulong ApicBase;
    private fixed ulong _interruptBitmap[4];
}
