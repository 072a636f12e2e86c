using MicroVm.Vmm.Devices.Virtio.Queue;

namespace MicroVm.Vmm.Devices.Virtio.Transport;

/// <summary>What a device gets at DRIVER_OK: its queues, the accepted features, and the way back to the transport.</summary>
internal sealed record VirtioActivation(Virtqueue[] Queues, ulong Features, IVirtioTransport Transport);
