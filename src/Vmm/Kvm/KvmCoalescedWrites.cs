using MicroVm.Vmm.Bus;
using MicroVm.Vmm.Interop.Kvm;

namespace MicroVm.Vmm.Kvm;

/// <summary>
/// The ring in which KVM collects the guest's writes to registers that were named with <see cref="KvmVm.CoalesceWrites"/>, so that the
/// guest need not leave for this process on each. One ring for the whole VM, in the mapping of its vCPUs.
/// </summary>
// SAFETY: the ring is a page of the first vCPU's mapping, null once that is gone; the kernel alone fills it; an index is taken modulo
// the number of entries that the page has.
internal sealed unsafe class KvmCoalescedWrites(IoBus bus) : IPostedWrites
{
    // KVM_COALESCED_MMIO_MAX of linux/kvm.h.
    private readonly uint _entries = (uint)((Environment.SystemPageSize - sizeof(KvmCoalescedRing)) / sizeof(KvmCoalescedWrite));
    private readonly Lock _lock = new();
    private KvmVcpu? _vcpu;

    /// <summary>Uses the ring of this vCPU's mapping, if the host has one.</summary>
    internal void Attach(KvmVcpu vcpu) => _vcpu = vcpu;

    public void Deliver()
    {
        KvmCoalescedRing* ring = _vcpu is null ? null : _vcpu.CoalescedRing;

        // Whoever delivers moves First behind a write that has arrived: equal indices say that all have.
        if (ring != null && Volatile.Read(ref ring->First) != Volatile.Read(ref ring->Last))
        {
            lock (_lock)
            {
                DeliverAll(ring);
            }
        }
    }

    private void DeliverAll(KvmCoalescedRing* ring)
    {
        KvmCoalescedWrite* entries = (KvmCoalescedWrite*)(ring + 1);
        uint first = ring->First;

        // What is there now, and no more: vCPUs that write in a loop must not keep whoever delivers, which may be the event loop.
        uint last = Volatile.Read(ref ring->Last);
        while (first != last)
        {
            KvmCoalescedWrite* entry = entries + (first % _entries);

            // Every register that is coalesced has four bytes, takes no lock for a write of four, and no other write.
            if (entry->Length == sizeof(uint))
            {
                bus.Write(entry->Address, new ReadOnlySpan<byte>(entry->Data, sizeof(uint)));
            }

            first = (first + 1) % _entries;
            Volatile.Write(ref ring->First, first);
        }
    }
}
