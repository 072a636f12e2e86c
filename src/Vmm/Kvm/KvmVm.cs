using MicroVm.Vmm.Interop.Kvm;
using MicroVm.Vmm.Interop.Linux;
using MicroVm.Vmm.Memory;

namespace MicroVm.Vmm.Kvm;

/// <summary>A KVM VM descriptor: memory slots, the interrupt controller, and the eventfds bound to it.</summary>
// SAFETY: ioctls take structures of this stack; the one address that KVM keeps is that of guest memory, which outlives the VM.
internal sealed unsafe partial class KvmVm(int fd, int vcpuMappingSize, int coalescedPage) : IDisposable
{
    /// <summary>Gives the guest all of <paramref name="memory"/>, one slot per region.</summary>
    internal void MapMemory(GuestMemory memory, bool trackDirtyPages)
    {
        uint slot = 0;
        foreach (GuestRegion region in memory.Regions)
        {
            KvmUserspaceMemoryRegion request = new()
            {
                Slot = slot++,
                Flags = trackDirtyPages ? KvmUserspaceMemoryRegion.LogDirtyPages : 0,
                GuestPhysicalAddress = region.Start.Value,
                MemorySize = region.Size,
                UserspaceAddress = memory.HostAddressOf(region),
            };
            KvmCall.Invoke(fd, KvmIoctl.SetUserMemoryRegion, &request, "KVM_SET_USER_MEMORY_REGION");
        }
    }

    /// <summary>From now on a four-byte guest write of <paramref name="value"/> to <paramref name="address"/> signals <paramref name="eventFd"/> without an exit to this process.</summary>
    internal void BindDoorbell(int eventFd, GuestAddress address, uint value)
    {
        KvmIoeventfd request = new()
        {
            Fd = eventFd,
            Address = address.Value,
            Length = sizeof(uint),
            DataMatch = value,
            Flags = KvmIoeventfd.FlagDataMatch,
        };
        KvmCall.Invoke(fd, KvmIoctl.Ioeventfd, &request, "KVM_IOEVENTFD");
    }

    /// <summary>
    /// From now on guest writes to <paramref name="size"/> bytes from <paramref name="address"/> may wait in the ring of
    /// <see cref="KvmCoalescedWrites"/>. Without the ring nothing changes.
    /// </summary>
    internal void CoalesceWrites(GuestAddress address, uint size)
    {
        if (coalescedPage > 0)
        {
            KvmCoalescedZone request = new() { Address = address.Value, Size = size };
            KvmCall.Invoke(fd, KvmIoctl.RegisterCoalescedMmio, &request, "KVM_REGISTER_COALESCED_MMIO");
        }
    }

    /// <summary>Creates vCPU number <paramref name="index"/>; its APIC id, or its place in MPIDR, follows from that.</summary>
    internal KvmVcpu CreateVcpu(int index) =>
        new(KvmCall.Invoke(fd, KvmIoctl.CreateVcpu, (nuint)index, "KVM_CREATE_VCPU"), vcpuMappingSize, coalescedPage);

    public void Dispose() => _ = Libc.close(fd);
}
