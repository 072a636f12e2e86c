namespace MicroVm.EdgeAgent.Networks.Links;

/// <summary>Links, routes and addresses of the host. Plain data.</summary>
/// <param name="Links">Every link.</param>
/// <param name="Routes">Every route of both families to other machines.</param>
/// <param name="HasGlobalIpv6">The host has an IPv6 address that is not only of its link.</param>
internal sealed record HostSurvey(IReadOnlyList<LinkInfo> Links, IReadOnlyList<HostRoute> Routes, bool HasGlobalIpv6)
{
    private const int UsualMtu = 1500, LeastMtu = 576;

    /// <summary>The link of the default route that is taken; null when there is none.</summary>
    internal LinkInfo? Uplink => Routes
        .Where(static route => route.IsDefault)
        .OrderBy(static route => route.Priority)
        .Select(route => Links.FirstOrDefault(link => link.Index == route.LinkIndex))
        .FirstOrDefault(static link => link is not null);

    /// <summary>Largest packet that leaves without being cut.</summary>
    internal int UplinkMtu => Uplink is LinkInfo uplink ? Math.Clamp(uplink.Mtu, LeastMtu, UsualMtu) : UsualMtu;

    /// <summary>The route of another link that a network overlaps; null when there is none.</summary>
    internal HostRoute? Overlapping(System.Net.IPNetwork network, int ownLink) => Routes.FirstOrDefault(route =>
        !route.IsDefault && route.LinkIndex != ownLink && route.Network.BaseAddress.AddressFamily == network.BaseAddress.AddressFamily
        && (route.Network.Contains(network.BaseAddress) || network.Contains(route.Network.BaseAddress)));
}
