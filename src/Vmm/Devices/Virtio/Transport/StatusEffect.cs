namespace MicroVm.Vmm.Devices.Virtio.Transport;

/// <summary>What else a status write brings about.</summary>
internal enum StatusEffect
{
    /// <summary>Only the new status.</summary>
    None,

    /// <summary>The write is out of order and changes nothing.</summary>
    Refused,

    /// <summary>DRIVER_OK: the queues are checked and the device starts.</summary>
    Activate,

    /// <summary>The device forgets everything.</summary>
    Reset,
}
