namespace MicroVm.Vmm.Devices.Virtio.Block;

/// <summary>What is done to a disk without waiting for it.</summary>
internal enum DiskOperation
{
    Read,
    Write,
    Flush,
}
