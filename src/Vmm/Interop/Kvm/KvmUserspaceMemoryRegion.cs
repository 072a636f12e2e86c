namespace MicroVm.Vmm.Interop.Kvm;

/// <summary><c>struct kvm_userspace_memory_region</c>.</summary>
internal struct KvmUserspaceMemoryRegion
{
    internal uint Slot;
    internal uint Flags;
    internal ulong GuestPhysicalAddress;
    internal ulong MemorySize;
    internal ulong UserspaceAddress;
}
