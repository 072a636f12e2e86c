namespace MicroVm.Vmm.Control;

/// <summary>One network interface: a tap device of the host. The guest is told an address or an MTU only when there is one here.</summary>
internal sealed record NetworkInterfaceConfig(
    string IfaceId,
    string HostDevName,
    MacAddress? GuestMac = null,
    ushort? Mtu = null,
    RateLimiterConfig? RxRateLimiter = null,
    RateLimiterConfig? TxRateLimiter = null)
{
    /// <summary>Least MTU a driver must be offered (virtio 1.2 section 5.1.4.1).</summary>
    internal const int MinMtu = 68;

    /// <summary>Most MTU (same section).</summary>
    internal const int MaxMtu = ushort.MaxValue;
}
