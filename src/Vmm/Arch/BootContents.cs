using MicroVm.Vmm.Boot.Loaders;
using MicroVm.Vmm.Control;
using MicroVm.Vmm.Memory;

namespace MicroVm.Vmm.Arch;

/// <summary>What a machine boots: the parts that lie in guest memory, and what is said about the rest of it.</summary>
/// <param name="Memory">Guest RAM.</param>
/// <param name="Machine">Processors and memory as configured.</param>
/// <param name="Kernel">The kernel, loaded.</param>
/// <param name="Payload">The initrd, loaded.</param>
/// <param name="Arguments">The kernel's command line.</param>
/// <param name="VirtioCount">Virtio devices.</param>
internal sealed record BootContents(
    GuestMemory Memory, MachineConfig Machine, LoadedKernel Kernel, BootPayload Payload, string Arguments, int VirtioCount);
