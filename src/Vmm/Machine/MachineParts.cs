using MicroVm.Vmm.Devices.Virtio;
using MicroVm.Vmm.Vcpu;

namespace MicroVm.Vmm.Machine;

/// <summary>What of a built machine is used while it runs.</summary>
internal sealed record MachineParts(
    VcpuThread[] Vcpus, VcpuPause Pause, PowerButton PowerButton, LegacyDevices Legacy, IReadOnlyList<IVirtioDevice> Devices);
