namespace MicroVm.Vmm.Interop.Kvm;

/// <summary><c>struct kvm_coalesced_mmio</c>: one write in the ring.</summary>
internal unsafe struct KvmCoalescedWrite
{
    internal ulong Address;
    internal uint Length;
    internal uint IsPort;
    internal fixed byte Data[8];
}
