namespace MicroVm.Vmm.Devices.Virtio.Transport;

/// <summary>The device status field, virtio 1.2 section 2.1.</summary>
[Flags]
internal enum DeviceStatus : uint
{
    None = 0,
    Acknowledge = 0x01,
    Driver = 0x02,
    DriverOk = 0x04,
    FeaturesOk = 0x08,
    NeedsReset = 0x40,
    Failed = 0x80,
}
