using MicroVm.EdgeAgent.Networks;
using MicroVm.EdgeAgent.Networks.Links;

namespace MicroVm.EdgeAgent.Telemetry;

/// <summary>
/// Which links are the device's own: those with hardware behind them. Where none has, as in a container, all but the loopback
/// and those of VMs.
/// </summary>
internal sealed class OwnLinks(string root = "/sys/class/net")
{
    private readonly Dictionary<string, bool> _hasHardware = new(StringComparer.Ordinal);

    /// <summary>Bytes over them.</summary>
    internal (ulong Received, ulong Sent) Sum(NetworkCounters counters)
    {
        (ulong Received, ulong Sent) hardware = default, others = default;
        bool any = false;
        foreach ((string link, (ulong received, ulong sent)) in counters.Links)
        {
            if (HasHardware(link))
            {
                any = true;
                hardware = (hardware.Received + received, hardware.Sent + sent);
            }
            else if (link is not ("lo" or HostLinks.BridgeName) && !link.StartsWith(VmLink.TapPrefix, StringComparison.Ordinal))
            {
                others = (others.Received + received, others.Sent + sent);
            }
        }

        return any ? hardware : others;
    }

    private bool HasHardware(string link)
    {
        if (!_hasHardware.TryGetValue(link, out bool has))
        {
            // Links come and go with VMs, under names that are used again for the same kind.
            _hasHardware[link] = has = Directory.Exists(Path.Combine(root, link, "device"));
        }

        return has;
    }
}
