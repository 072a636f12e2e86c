using System.Net;
using MicroVm.Shared.Contracts.Desired;

namespace MicroVm.ControlPlane.Host.Manifests;

/// <summary>Reads <c>spec.workload.network</c>.</summary>
internal static class NetworkReader
{
    private const string Path = WorkloadReader.Path + ".network";
    private const string EgressRule = "allow, deny, or a list of at most 64 rules";
    private const string CidrRule = "addresses such as 10.1.0.0/16 or 2001:db8::/32, without bits beyond the prefix";
    private const int MaxRules = 64;

    /// <summary>The policy; errors go to the reader.</summary>
    internal static NetworkPolicy Read(FieldReader reader, ManifestNode? node)
    {
        if (node is null || reader.Map(Path, node, "allowFrom", "egress") is not ManifestMap map)
        {
            return new NetworkPolicy();
        }

        NetworkPolicy policy = new() { AllowFrom = NameReader.ReadList(reader, map, Path, "allowFrom") };
        switch (FieldReader.Get(map, "egress"))
        {
            case null or ManifestText { Value: "allow" }:
                return policy;
            case ManifestText { Value: "deny" }:
                return policy with { EgressRestricted = true };
            case ManifestList { Items.Count: <= MaxRules }:
                return policy with
                {
                    EgressRestricted = true,
                    Egress = [.. reader.List(map, Path, "egress", MaxRules, "rules").Select(item => ReadRule(reader, item.Path, item.Node)).OfType<EgressRule>()],
                };
            case ManifestNode other:
                reader.Fail($"{Path}.egress", EgressRule, other);
                return policy;
        }
    }

    private static EgressRule? ReadRule(FieldReader reader, string path, ManifestNode node)
    {
        if (reader.Map(path, node, "cidr", "port", "protocol") is not ManifestMap map)
        {
            return null;
        }

        string? text = reader.Text(map, path, "cidr", CidrRule);
        if (text is not null && !IsNetwork(text))
        {
            reader.Fail($"{path}.cidr", CidrRule, text.Length == 0 ? "an empty text" : new ManifestText(text).Describe());
            return null;
        }

        int port = FieldReader.Get(map, "port") is null ? 0 : PortsReader.ReadPort(reader, map, path, "port") ?? 0;
        TransportProtocol? protocol = reader.Parsed(map, path, "protocol", "tcp or udp", PortsReader.Protocol);
        return text is null ? null : new EgressRule(IPNetwork.Parse(text).ToString(), port, protocol);
    }

    // The parser clears bits beyond the prefix; somebody who writes them means something else.
    private static bool IsNetwork(string text) =>
        IPNetwork.TryParse(text, out IPNetwork network) && IPAddress.TryParse(text.Split('/')[0], out IPAddress? written) && written.Equals(network.BaseAddress);
}
