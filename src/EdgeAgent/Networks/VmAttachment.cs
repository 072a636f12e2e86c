using System.Net;
using MicroVm.Shared.Contracts.Guest;

namespace MicroVm.EdgeAgent.Networks;

/// <summary>A VM's place in the device's network, as its VMM and its guest have to know it.</summary>
/// <param name="Link">Tap, MAC address and IPv4 address.</param>
/// <param name="Gateway">The bridge's IPv4 address, where names are asked for as well.</param>
/// <param name="Ipv6">IPv6 address and gateway; null for none.</param>
/// <param name="Mtu">Largest packet in bytes.</param>
internal sealed record VmAttachment(VmLink Link, IPAddress Gateway, (IPAddress Address, IPAddress Gateway)? Ipv6, int Mtu)
{
    /// <summary>What names of VMs end with.</summary>
    internal const string Domain = "local.mvm";

    private const int Ipv4Bits = 32, Ipv6Bits = 128;

    /// <summary>What the guest is told.</summary>
    internal GuestNetworkConfig ToGuest()
    {
        List<GuestAddress> addresses = [new(Link.Ipv4.ToString(), Ipv4Bits, Gateway.ToString())];
        if (Ipv6 is { } ipv6)
        {
            addresses.Add(new GuestAddress(ipv6.Address.ToString(), Ipv6Bits, ipv6.Gateway.ToString()));
        }

        return new GuestNetworkConfig(addresses, [Gateway.ToString()], [Domain], Mtu);
    }
}
