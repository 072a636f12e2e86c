using System.Net;

namespace MicroVm.EdgeAgent.Networks.Links;

/// <summary>The host's links as far as VMs need them: one bridge, one tap for each VM. Doing a thing twice is doing it once.</summary>
internal interface IHostLinks
{
    /// <summary>What the host has now.</summary>
    /// <exception cref="Interop.OsFaultException">The kernel does not say.</exception>
    HostSurvey Survey();

    /// <summary>Makes the bridge, with its addresses, or brings it to what it should be.</summary>
    /// <exception cref="Interop.OsFaultException">The kernel refused.</exception>
    void EnsureBridge(BridgeSetup setup);

    /// <summary>Makes a tap, as a port of the bridge to which nothing is flooded. A tap that a VMM has open is left open.</summary>
    /// <param name="link">The VM's tap and addresses.</param>
    /// <param name="ipv6">Its IPv6 address; null for none.</param>
    /// <param name="mtu">Largest packet in bytes.</param>
    /// <exception cref="Interop.OsFaultException">The kernel refused.</exception>
    void EnsureTap(VmLink link, IPAddress? ipv6, int mtu);

    /// <summary>Removes a link; nothing happens when there is none of that name.</summary>
    /// <exception cref="Interop.OsFaultException">The kernel refused.</exception>
    void Remove(string name);
}
