using System.Net;
using System.Net.NetworkInformation;

namespace MicroVm.EdgeAgent.Networks;

/// <summary>The address that an interface gives itself on its link (RFC 4291, appendix A).</summary>
internal static class LinkLocal
{
    /// <summary>fe80::/64 with the MAC address, its second bit turned over, around ff:fe.</summary>
    internal static IPAddress Of(PhysicalAddress mac)
    {
        byte[] m = mac.GetAddressBytes();
        return new IPAddress([0xFE, 0x80, 0, 0, 0, 0, 0, 0, (byte)(m[0] ^ 2), m[1], m[2], 0xFF, 0xFE, m[3], m[4], m[5]]);
    }
}
