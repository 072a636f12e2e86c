using MicroVm.Vmm.Devices.Virtio.Queue;
using MicroVm.Vmm.Devices.Virtio.Transport;

namespace MicroVm.Vmm.Devices.Virtio;

/// <summary>
/// A virtio device behind a transport. Every member but the constant ones is called with the transport's lock held, so a device
/// needs no lock of its own for what only these calls touch. <see cref="Activate"/>, <see cref="Reset"/> and config accesses
/// come from vCPU threads, <see cref="OnDoorbell"/> from the event-loop thread. A device that also serves host descriptors
/// takes <see cref="IVirtioTransport.Gate"/> in its own event handlers, and registers or closes descriptors on the loop thread only.
/// </summary>
internal interface IVirtioDevice : IDisposable
{
    /// <summary>Device id; constant.</summary>
    VirtioDeviceType DeviceType { get; }

    /// <summary>Name for log lines, for example <c>drives/rootfs</c>; constant.</summary>
    string Name { get; }

    /// <summary>Feature bits of the device type; the transport adds the ring's. Constant.</summary>
    ulong OfferedFeatures { get; }

    /// <summary>The largest size of each queue; constant. Powers of two.</summary>
    ReadOnlySpan<ushort> QueueMaxSizes { get; }

    /// <summary>How many of the queues, counted from 0, a driver that accepted <paramref name="features"/> has to set up; the others do not exist for it.</summary>
    int QueueCountFor(ulong features) => QueueMaxSizes.Length;

    /// <summary>Fills <paramref name="data"/> from the configuration space; bytes behind its end read as zeros.</summary>
    void ReadConfig(uint offset, Span<byte> data);

    /// <summary>Takes a write to the configuration space; what is not writable is ignored.</summary>
    void WriteConfig(uint offset, ReadOnlySpan<byte> data);

    /// <summary>The driver is ready: the queues in <paramref name="activation"/> may be used until <see cref="Reset"/>.</summary>
    void Activate(VirtioActivation activation);

    /// <summary>Buffers may be available in queue <paramref name="queue"/>. A fault stops the device until reset.</summary>
    GuestFault OnDoorbell(int queue);

    /// <summary>Forgets the queues and everything the guest set up. Must not touch guest memory afterwards; does not block.</summary>
    void Reset();
}
