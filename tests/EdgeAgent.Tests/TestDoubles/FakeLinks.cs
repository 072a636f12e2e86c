using System.Net;
using MicroVm.EdgeAgent.Interop;
using MicroVm.EdgeAgent.Networks;
using MicroVm.EdgeAgent.Networks.Links;

namespace MicroVm.EdgeAgent.Tests.TestDoubles;

/// <summary>Links of a host that is only remembered.</summary>
internal sealed class FakeLinks : IHostLinks
{
    private readonly SortedDictionary<string, int> _links = new(StringComparer.Ordinal) { ["lo"] = 1, ["eth0"] = 2 };

    /// <summary>What the kernel refuses with; null when it refuses nothing.</summary>
    internal string? Refusal { get; set; }

    internal List<HostRoute> Routes { get; } = [new(IPNetwork.Parse("0.0.0.0/0"), 2, 0)];

    internal bool HasGlobalIpv6 { get; set; }

    internal int UplinkMtu { get; set; } = 1400;

    internal BridgeSetup? Bridge { get; private set; }

    internal IReadOnlyList<string> Names => [.. _links.Keys];

    internal List<string> Made { get; } = [];

    /// <summary>A link that was there before the agent.</summary>
    internal void Add(string name) => _links[name] = _links.Count + 1;

    public HostSurvey Survey() => new(
        [.. _links.Select(link => new LinkInfo(link.Value, link.Key, link.Key == "eth0" ? UplinkMtu : 1500, 0))], Routes, HasGlobalIpv6);

    public void EnsureBridge(BridgeSetup setup)
    {
        Check();
        Bridge = setup;
        _links.TryAdd(HostLinks.BridgeName, 100);
    }

    public void EnsureTap(VmLink link, IPAddress? ipv6, int mtu)
    {
        Check();
        if (_links.TryAdd(link.Tap, 101 + _links.Count))
        {
            Made.Add(link.Tap);
        }
    }

    public void Remove(string name) => _links.Remove(name);

    private void Check()
    {
        if (Refusal is not null)
        {
            throw new OsFaultException(Refusal);
        }
    }
}
