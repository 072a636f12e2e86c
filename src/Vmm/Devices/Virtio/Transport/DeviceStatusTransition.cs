namespace MicroVm.Vmm.Devices.Virtio.Transport;

/// <summary>
/// What a write to the status register does (virtio 1.2 sections 2.1 and 3.1.1):
/// <code>
///   0 --ACKNOWLEDGE--> 1 --DRIVER--> 3 --FEATURES_OK--> 0b --DRIVER_OK--> 0f        any --0--> 0
///                                      (only if acceptable)                          any --FAILED--> same | 80
/// </code>
/// One bit at a time, in that order, none taken back. NEEDS_RESET is the device's own bit and cannot be written.
/// </summary>
internal readonly record struct DeviceStatusTransition(DeviceStatus Status, StatusEffect Effect)
{
    private const DeviceStatus DriverBits =
        DeviceStatus.Acknowledge | DeviceStatus.Driver | DeviceStatus.FeaturesOk | DeviceStatus.DriverOk;

    /// <summary>The outcome of writing <paramref name="written"/> over <paramref name="current"/>.</summary>
    internal static DeviceStatusTransition Next(DeviceStatus current, DeviceStatus written, bool featuresAcceptable)
    {
        if (written == DeviceStatus.None)
        {
            return new(DeviceStatus.None, StatusEffect.Reset);
        }

        if ((written & DeviceStatus.Failed) != 0)
        {
            return new(current | DeviceStatus.Failed, StatusEffect.None);
        }

        DeviceStatus own = current & (DeviceStatus.NeedsReset | DeviceStatus.Failed);
        DeviceStatus from = current & DriverBits;
        DeviceStatus to = written & ~DeviceStatus.NeedsReset;
        if (to == from)
        {
            return new(current, StatusEffect.None);
        }

        StatusEffect effect = (from, to) switch
        {
            _ when own != 0 => StatusEffect.Refused,
            (DeviceStatus.None, DeviceStatus.Acknowledge) => StatusEffect.None,
            (DeviceStatus.Acknowledge, DeviceStatus.Acknowledge | DeviceStatus.Driver) => StatusEffect.None,
            (DeviceStatus.Acknowledge | DeviceStatus.Driver, DriverBits & ~DeviceStatus.DriverOk) =>
                featuresAcceptable ? StatusEffect.None : StatusEffect.Refused,
            (DriverBits & ~DeviceStatus.DriverOk, DriverBits) => StatusEffect.Activate,
            _ => StatusEffect.Refused,
        };
        return new(effect == StatusEffect.Refused ? current : to, effect);
    }
}
