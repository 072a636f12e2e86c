using MicroVm.Vmm.Devices.Legacy;
using MicroVm.Vmm.Devices.Virtio;
using MicroVm.Vmm.Vcpu;

namespace MicroVm.Vmm.Machine;

/// <summary>What of a built machine is used while it runs.</summary>
internal sealed record MachineParts(
    VcpuThread[] Vcpus, VcpuPause Pause, PowerButton PowerButton, KeyboardController Keyboard, IReadOnlyList<IVirtioDevice> Devices);
