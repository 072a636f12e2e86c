namespace MicroVm.Vmm.Interop.Kvm;

/// <summary><c>struct kvm_enable_cap</c>, with the first of its four arguments.</summary>
internal unsafe struct KvmEnableCap
{
    internal uint Capability;
    internal uint Flags;
    internal ulong Argument0;
    private fixed byte _rest[88];
}
