using System.Net;

namespace MicroVm.EdgeAgent.Networks;

/// <summary>Everything that the rules depend on.</summary>
/// <param name="Pool">Addresses of VMs.</param>
/// <param name="Gateway">The bridge's address.</param>
/// <param name="Ipv6">Prefix of /64 and the bridge's address of it; null when VMs have no IPv6.</param>
/// <param name="Vms">VMs with a network.</param>
/// <param name="Strangers">Links of the host that the device must not become a router between.</param>
internal sealed record RuleSetInput(
    IPNetwork Pool, IPAddress Gateway, (IPNetwork Prefix, IPAddress Gateway)? Ipv6, IReadOnlyList<NetworkedVm> Vms, Strangers Strangers);
