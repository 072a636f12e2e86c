namespace MicroVm.Vmm.Devices.Virtio;

/// <summary>Device ids of virtio 1.2 section 5.</summary>
internal enum VirtioDeviceType : uint
{
    Net = 1,
    Block = 2,
    Entropy = 4,
    Balloon = 5,
    Vsock = 19,
}
