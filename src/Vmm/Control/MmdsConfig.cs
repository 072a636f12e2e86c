using MicroVm.Vmm.Mmds;

namespace MicroVm.Vmm.Control;

/// <summary>Who may reach the metadata service, and how.</summary>
/// <param name="NetworkInterfaces">Ids of the interfaces on which it answers.</param>
/// <param name="Version">Whether the guest needs session tokens.</param>
/// <param name="Address">Its IPv4 address; the first byte on the wire is the highest.</param>
/// <param name="ImdsCompat">Answers are always in the form of EC2's service.</param>
internal sealed record MmdsConfig(
    IReadOnlyList<string> NetworkInterfaces,
    MmdsVersion Version = MmdsVersion.V1,
    uint Address = MmdsConfig.DefaultAddress,
    bool ImdsCompat = false)
{
    /// <summary>169.254.169.254.</summary>
    internal const uint DefaultAddress = 0xa9fea9fe;

    /// <summary>The address as text.</summary>
    internal string AddressText => $"{Address >> 24}.{(Address >> 16) & 255}.{(Address >> 8) & 255}.{Address & 255}";

    /// <summary>Makes sure that the address is link-local (RFC 3927) and every interface one of these.</summary>
    /// <exception cref="VmConfigException">It is not, or there is no interface.</exception>
    internal void CheckAgainst(IReadOnlyList<NetworkInterfaceConfig> networks)
    {
        // The first and the last 256 addresses of the range are reserved (section 2.1).
        bool isLinkLocal = Address >> 16 == 0xa9fe && ((Address >> 8) & 255) is not (0 or 255);
        if (!isLinkLocal)
        {
            throw new VmConfigException("mmds-config", "The MMDS IPv4 address is not link local.");
        }

        if (NetworkInterfaces.Count == 0)
        {
            throw new VmConfigException("mmds-config", "The list of network interface IDs that allow forwarding MMDS requests is empty.");
        }

        foreach (string id in NetworkInterfaces)
        {
            if (!Contains(networks, id))
            {
                throw new VmConfigException(
                    "mmds-config",
                    "The list of network interface IDs provided contains at least one ID that does not correspond to any existing network interface.");
            }
        }
    }

    /// <summary>True when the service answers on the interface with this id.</summary>
    internal bool IsReachedFrom(string networkId)
    {
        foreach (string id in NetworkInterfaces)
        {
            if (id == networkId)
            {
                return true;
            }
        }

        return false;
    }

    private static bool Contains(IReadOnlyList<NetworkInterfaceConfig> networks, string id)
    {
        foreach (NetworkInterfaceConfig network in networks)
        {
            if (network.IfaceId == id)
            {
                return true;
            }
        }

        return false;
    }
}
