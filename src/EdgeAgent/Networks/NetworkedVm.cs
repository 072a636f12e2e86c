using System.Net;
using MicroVm.Shared.Contracts.Desired;

namespace MicroVm.EdgeAgent.Networks;

/// <summary>A VM with a network, as the rules see it.</summary>
/// <param name="Link">Tap and addresses.</param>
/// <param name="Ipv6">Its IPv6 address; null when it has none.</param>
/// <param name="Ports">Ports of the device that lead to it.</param>
/// <param name="Policy">Whom it may talk to.</param>
internal sealed record NetworkedVm(VmLink Link, IPAddress? Ipv6, IReadOnlyList<PortMapping> Ports, NetworkPolicy Policy);
