using MicroVm.Vmm.Interop.Kvm;
using MicroVm.Vmm.Interop.Kvm.X64;
using MicroVm.Vmm.Memory;

namespace MicroVm.Vmm.Kvm;

/// <content>The interrupt chip of x86_64.</content>
// SAFETY: as in the main part.
internal sealed unsafe partial class KvmVm
{
    /// <summary>Places KVM's own three pages and one page (Intel without unrestricted guest); before the vCPUs are made.</summary>
    internal void SetReservedPages(GuestAddress tss, GuestAddress identityMap)
    {
        ulong address = identityMap.Value;
        KvmCall.Invoke(fd, KvmIoctl.SetIdentityMapAddress, &address, "KVM_SET_IDENTITY_MAP_ADDR");
        KvmCall.Invoke(fd, KvmIoctl.SetTssAddress, (nuint)tss.Value, "KVM_SET_TSS_ADDR");
    }

    /// <summary>
    /// From now on vCPUs get local APICs in the kernel, and nothing else: no 8259, no I/O APIC, no PIT (docs/decisions/start-up.md).
    /// Returns the first <paramref name="gsiCount"/> GSIs, none of them connected.
    /// </summary>
    internal KvmInterruptLines SplitInterruptChip(int gsiCount)
    {
        KvmEnableCap request = new() { Capability = (uint)KvmCapability.SplitIrqchip, Argument0 = (ulong)gsiCount };
        KvmCall.Invoke(fd, KvmIoctl.EnableCap, &request, "KVM_ENABLE_CAP(KVM_CAP_SPLIT_IRQCHIP)");
        return new KvmInterruptLines(fd, gsiCount);
    }
}
