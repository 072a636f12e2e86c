namespace MicroVm.Vmm.Interop.Kvm;

/// <summary><c>struct kvm_coalesced_mmio_zone</c>.</summary>
internal struct KvmCoalescedZone
{
    internal ulong Address;
    internal uint Size;

    /// <summary>1 for ports, 0 for memory.</summary>
    internal uint IsPort;
}
