using MicroVm.Vmm.Arch.Arm64;
using MicroVm.Vmm.Interop.Kvm;
using MicroVm.Vmm.Interop.Kvm.Arm64;
using MicroVm.Vmm.Interop.Linux;

namespace MicroVm.Vmm.Kvm;

/// <summary>The interrupt controller of a VM on 64-bit Arm, in the kernel.</summary>
// SAFETY: the kernel reads values of this stack during its calls.
internal sealed unsafe class KvmGic(int fd, GicVersion version) : IDisposable
{
    internal GicVersion Version => version;

    /// <summary>Places its registers and switches it on; once, and after all vCPUs were made.</summary>
    /// <param name="interruptCount">Interrupts, the 32 that are a processor's own among them; a multiple of 32.</param>
    internal void Initialise(uint interruptCount)
    {
        if (version == GicVersion.V3)
        {
            Place(KvmDeviceAttr.V3Distributor, AddressMap.GicDistributor);
            Place(KvmDeviceAttr.V3Redistributors, AddressMap.GicRedistributors);
        }
        else
        {
            Place(KvmDeviceAttr.V2Distributor, AddressMap.GicDistributor);
            Place(KvmDeviceAttr.V2CpuInterface, AddressMap.GicCpuInterface);
        }

        Set(KvmDeviceAttr.GroupInterruptCount, 0, &interruptCount, "number of interrupts");
        Set(KvmDeviceAttr.GroupControl, KvmDeviceAttr.ControlInitialise, null, "initialise");
    }

    public void Dispose() => _ = Libc.close(fd);

    private void Place(ulong what, ulong address) => Set(KvmDeviceAttr.GroupAddress, what, &address, "address");

    private void Set(uint group, ulong attribute, void* value, string name)
    {
        KvmDeviceAttr request = new() { Group = group, Attribute = attribute, Address = (ulong)value };
        KvmCall.Invoke(fd, KvmIoctl.SetDeviceAttr, &request, $"KVM_SET_DEVICE_ATTR (GICv{(int)version}, {name})");
    }
}
