using MicroVm.Vmm.Devices.Virtio.Queue;
using MicroVm.Vmm.Memory;

namespace MicroVm.Vmm.Devices.Virtio.Transport;

/// <summary>What a device gets at DRIVER_OK: its queues, the accepted features, the way back to the transport, and guest RAM.</summary>
internal sealed record VirtioActivation(Virtqueue[] Queues, ulong Features, IVirtioTransport Transport, GuestMemory Memory);
