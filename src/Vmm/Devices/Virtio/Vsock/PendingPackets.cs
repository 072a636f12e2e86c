namespace MicroVm.Vmm.Devices.Virtio.Vsock;

/// <summary>What a connection has to say to the guest as soon as there is a receive buffer.</summary>
[Flags]
internal enum PendingPackets
{
    None = 0,
    Reset = 1,
    Request = 2,
    Response = 4,
    Data = 8,
    Shutdown = 16,
    CreditUpdate = 32,
    CreditRequest = 64,
}
