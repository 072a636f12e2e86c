namespace MicroVm.Vmm.Interop.Kvm.X64;

/// <summary><c>struct kvm_cpuid_entry2</c>.</summary>
internal unsafe struct KvmCpuidEntry2
{
    internal uint Function;
    internal uint Index;
    internal uint Flags;
    internal uint Eax;
    internal uint Ebx;
    internal uint Ecx;
    internal uint Edx;
    private fixed uint _padding[3];
}
