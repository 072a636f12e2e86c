namespace MicroVm.Vmm.Interop.Kvm;

/// <summary><c>struct kvm_userspace_memory_region</c>.</summary>
internal struct KvmUserspaceMemoryRegion
{
    /// <summary>KVM_MEM_LOG_DIRTY_PAGES.</summary>
    internal const uint LogDirtyPages = 1;

    internal uint Slot;
    internal uint Flags;
    internal ulong GuestPhysicalAddress;
    internal ulong MemorySize;
    internal ulong UserspaceAddress;
}
