namespace MicroVm.Vmm.Devices.Virtio.Transport;

/// <summary>Counters of one transport. Written under its lock, read from anywhere.</summary>
internal sealed class VirtioMmioMetrics
{
    /// <summary>Times the device went to NEEDS_RESET because of the guest.</summary>
    internal long GuestFaults { get; set; }

    /// <summary>Register writes without meaning in the state they came in, or to what does not exist.</summary>
    internal long RefusedWrites { get; set; }

    /// <summary>Resets by the driver.</summary>
    internal long Resets { get; set; }

    /// <summary>Doorbells handled on the event loop.</summary>
    internal long Doorbells { get; set; }

    /// <summary>Interrupts raised for returned buffers.</summary>
    internal long UsedInterrupts { get; set; }
}
