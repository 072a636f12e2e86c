using System.Net;

namespace MicroVm.EdgeAgent.Networks.Links;

/// <summary>What the bridge should be.</summary>
/// <param name="Ipv4">Its address, the guests' gateway.</param>
/// <param name="Ipv4Bits">Length of the pool's prefix.</param>
/// <param name="Ipv6">Its IPv6 address; null when guests have none.</param>
/// <param name="Mtu">Largest packet in bytes.</param>
internal sealed record BridgeSetup(IPAddress Ipv4, int Ipv4Bits, IPAddress? Ipv6, int Mtu);
