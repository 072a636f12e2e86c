using MicroVm.EdgeAgent.Networks;
using MicroVm.EdgeAgent.Networks.Links;

namespace MicroVm.EdgeAgent.Telemetry;

/// <summary>
/// Which links are the device's own: those with hardware behind them. Where none has, as in a container, all but the loopback
/// and those of VMs.
/// </summary>
internal sealed class OwnLinks(string root = "/sys/class/net")
{
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

    private bool HasHardware(string link) => Directory.Exists(Path.Combine(root, link, "device"));
}
