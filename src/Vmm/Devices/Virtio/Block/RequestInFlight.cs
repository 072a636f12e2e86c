namespace MicroVm.Vmm.Devices.Virtio.Block;

/// <summary>
/// What is kept of a request while the host works on it. Nothing is read from the guest's descriptors or header again: where the status
/// goes was proven to be RAM when the request was admitted, and guest RAM stays mapped as long as the device lives.
/// </summary>
internal unsafe struct RequestInFlight
{
    internal DiskOperation Operation;
    internal uint Bytes;

    // SAFETY: points to one byte of guest RAM, checked as above; see BlockDevice.TryStart.
    internal byte* Status;
}
