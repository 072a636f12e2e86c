using MicroVm.EdgeAgent.Networks.Links;

namespace MicroVm.EdgeAgent.Networks;

/// <summary>The parts of a host that its VMs' network is made of.</summary>
/// <param name="Links">Bridge and taps.</param>
/// <param name="Firewall">Rules.</param>
/// <param name="Forwarding">The switch for forwarding.</param>
internal sealed record HostNetwork(IHostLinks Links, IFirewall Firewall, IForwarding Forwarding);
