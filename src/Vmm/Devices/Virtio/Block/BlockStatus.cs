namespace MicroVm.Vmm.Devices.Virtio.Block;

/// <summary>The status byte of virtio 1.2 section 5.2.6.</summary>
internal enum BlockStatus : byte
{
    Ok = 0,
    IoError = 1,
    Unsupported = 2,
}
