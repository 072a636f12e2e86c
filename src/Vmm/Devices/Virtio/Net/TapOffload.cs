namespace MicroVm.Vmm.Devices.Virtio.Net;

/// <summary>The TUN_F_ bits of <c>&lt;linux/if_tun.h&gt;</c>: what a tap may leave to the guest.</summary>
internal static class TapOffload
{
    internal const uint Checksum = 0x01;
    internal const uint Tso4 = 0x02;
    internal const uint Tso6 = 0x04;
    internal const uint Ufo = 0x10;

    /// <summary>The bits for the features a driver accepted. The kernel refuses the others without the checksum.</summary>
    internal static uint For(ulong features) =>
        (features & NetFeature.GuestChecksum) == 0
            ? 0
            : Checksum
                | ((features & NetFeature.GuestTso4) != 0 ? Tso4 : 0)
                | ((features & NetFeature.GuestTso6) != 0 ? Tso6 : 0)
                | ((features & NetFeature.GuestUfo) != 0 ? Ufo : 0);
}
