namespace MicroVm.Vmm.Interop.Kvm.X64;

/// <summary><c>struct kvm_dtable</c>.</summary>
internal unsafe struct KvmDtable
{
    internal ulong Base;
    internal ushort Limit;
    private fixed ushort _padding[3];
}
