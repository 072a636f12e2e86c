namespace MicroVm.Vmm.Devices.Virtio.Vsock;

/// <summary>Operations of virtio 1.2 section 5.10.6.</summary>
internal enum VsockOperation : ushort
{
    Invalid = 0,
    Request = 1,
    Response = 2,
    Reset = 3,
    Shutdown = 4,
    Data = 5,
    CreditUpdate = 6,
    CreditRequest = 7,
}
