namespace MicroVm.Vmm.Interop.Kvm;

/// <summary><c>struct kvm_coalesced_mmio_ring</c>: the head of a page that is shared with the kernel, with the entries behind it.</summary>
internal struct KvmCoalescedRing
{
    /// <summary>Next entry to take; moved by this process.</summary>
    internal uint First;

    /// <summary>Next entry to fill; moved by the kernel.</summary>
    internal uint Last;
}
