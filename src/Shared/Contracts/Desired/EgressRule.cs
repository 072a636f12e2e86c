using System.Net;
using MicroVm.Shared.Codecs.Cbor;

namespace MicroVm.Shared.Contracts.Desired;

/// <summary>Where a VM may connect to.</summary>
/// <param name="Network">Addresses in CIDR notation, IPv4 or IPv6, host bits zero.</param>
/// <param name="Port">Port there; 0 is every port.</param>
/// <param name="Protocol">What the port is of; null with every port is every protocol, and null with a port is both.</param>
public sealed record EgressRule(string Network, int Port = 0, TransportProtocol? Protocol = null)
{
    /// <summary>The addresses.</summary>
    public IPNetwork ToNetwork() => IPNetwork.Parse(Network);

    internal static EgressRule Read(WireReader reader)
    {
        string network = "";
        int port = 0;
        TransportProtocol? protocol = null;
        reader.ReadMap(key =>
        {
            switch (key)
            {
                case 1: network = reader.ReadParsed(IPNetwork.Parse).ToString(); return true;
                case 2: port = reader.ReadInt32(0, PortMapping.MaxPort); return true;
                case 3: protocol = reader.ReadEnum<TransportProtocol>(); return true;
                default: return false;
            }
        });
        return network.Length == 0 ? throw reader.Fault("a network (key 1)", "none") : new EgressRule(network, port, protocol);
    }

    internal void Write(WireWriter writer) => writer.WriteMap(map =>
    {
        map.Field(1, Network);
        if (Port != 0)
        {
            map.Field(2, Port);
        }

        if (Protocol is TransportProtocol protocol)
        {
            map.Field(3, (int)protocol);
        }
    });
}
