using System.Globalization;
using MicroVm.Shared.Contracts.Desired;

namespace MicroVm.ControlPlane.Host.Manifests;

/// <summary>Reads <c>spec.workload.ports</c>: maps of host, guest and protocol, or texts such as <c>8080:80/tcp</c>.</summary>
internal static class PortsReader
{
    private const string TextRule = "a map of host, guest and protocol, or a text such as 8080:80 or 5353:53/udp";
    private const int MaxPorts = 128;

    /// <summary>The ports; errors go to the reader.</summary>
    internal static IReadOnlyList<PortMapping> Read(FieldReader reader, ManifestMap workload)
    {
        List<PortMapping> ports = [];
        foreach ((string path, ManifestNode node) in reader.List(workload, WorkloadReader.Path, "ports", MaxPorts, "ports"))
        {
            if (ReadOne(reader, path, node) is not PortMapping port)
            {
                continue;
            }

            if (ports.Exists(other => other.HostPort == port.HostPort && other.Protocol == port.Protocol))
            {
                reader.Fail(path, "a host port that no other port has", $"{port.HostPort}/{NameOf(port.Protocol)}");
            }

            ports.Add(port);
        }

        return ports;
    }

    /// <summary>A protocol as people write it; null when it is none.</summary>
    internal static TransportProtocol? Protocol(string text) => text switch { "tcp" => TransportProtocol.Tcp, "udp" => TransportProtocol.Udp, _ => null };

    internal static string NameOf(TransportProtocol protocol) => protocol == TransportProtocol.Udp ? "udp" : "tcp";

    private static PortMapping? ReadOne(FieldReader reader, string path, ManifestNode node)
    {
        if (node is ManifestText text)
        {
            PortMapping? read = Parse(text.Value);
            if (read is null)
            {
                reader.Fail(path, TextRule, node);
            }

            return read;
        }

        if (node is not ManifestMap)
        {
            reader.Fail(path, TextRule, node);
            return null;
        }

        ManifestMap map = reader.Map(path, node, "host", "guest", "protocol")!;
        int? host = ReadPort(reader, map, path, "host"), guest = ReadPort(reader, map, path, "guest");
        TransportProtocol? protocol = reader.Parsed(map, path, "protocol", "tcp or udp", Protocol);
        return host is null || guest is null ? null : new PortMapping(host.Value, guest.Value, protocol ?? TransportProtocol.Tcp);
    }

    /// <summary>A port that has to be there; null when it is wrong.</summary>
    internal static int? ReadPort(FieldReader reader, ManifestMap map, string path, string name)
    {
        int port = reader.Number(map, path, name, 1, PortMapping.MaxPort, 0);
        if (FieldReader.Get(map, name) is null)
        {
            reader.Fail($"{path}.{name}", $"a whole number from 1 to {PortMapping.MaxPort}", "nothing");
        }

        return port == 0 ? null : port;
    }

    private static PortMapping? Parse(string text)
    {
        string[] parts = text.Split('/');
        TransportProtocol? protocol = parts.Length == 2 ? Protocol(parts[1]) : TransportProtocol.Tcp;
        return parts.Length <= 2 && protocol is not null && parts[0].Split(':') is [string host, string guest]
            && IsPort(host, out int from) && IsPort(guest, out int to) ? new PortMapping(from, to, protocol.Value) : null;
    }

    private static bool IsPort(string text, out int port) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out port) && port is >= 1 and <= PortMapping.MaxPort;
}
