namespace MicroVm.EdgeAgent.Interop.Kvm;

/// <summary><c>struct kvm_userspace_memory_region</c>.</summary>
internal struct KvmMemoryRegion
{
    internal uint Slot;
    internal uint Flags;
    internal ulong GuestPhysicalAddress;
    internal ulong MemorySize;
    internal ulong UserspaceAddress;
}
