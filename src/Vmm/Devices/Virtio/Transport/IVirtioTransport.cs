using MicroVm.Vmm.Devices.Virtio.Queue;

namespace MicroVm.Vmm.Devices.Virtio.Transport;

/// <summary>What a device may ask of its transport.</summary>
internal interface IVirtioTransport
{
    /// <summary>The lock that covers registers, queues and the device's guest-visible state.</summary>
    Lock Gate { get; }

    /// <summary>Interrupts the guest if chains were returned to <paramref name="queue"/> and it wants to know. Call once per batch, under the lock.</summary>
    void NotifyUsed(Virtqueue queue);

    /// <summary>Tells the guest that a field of the configuration space has changed. Under the lock.</summary>
    void NotifyConfigChanged();

    /// <summary>Has <see cref="IVirtioDevice.OnDoorbell"/> called again for queue <paramref name="queue"/>: the rest of a long batch.</summary>
    void Requeue(int queue);

    /// <summary>Stops the device with NEEDS_RESET because of what the guest did. Under the lock.</summary>
    void Fail(GuestFault fault);
}
