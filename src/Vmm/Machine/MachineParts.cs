using MicroVm.Vmm.Bus;
using MicroVm.Vmm.Devices.Virtio.Transport;
using MicroVm.Vmm.Vcpu;

namespace MicroVm.Vmm.Machine;

/// <summary>What of a built machine is used while it runs.</summary>
internal sealed record MachineParts(
    VcpuThread[] Vcpus, VcpuPause Pause, LegacyDevices Legacy, IReadOnlyList<VirtioMmioDevice> Devices, IoBus[] Buses);
