using MicroVm.Shared.Codecs.Cbor;

namespace MicroVm.Shared.Contracts.Desired;

/// <summary>A port of the device that leads to a port of the guest.</summary>
/// <param name="HostPort">Port on every address of the device, 1 to 65,535.</param>
/// <param name="GuestPort">Port in the guest, 1 to 65,535.</param>
/// <param name="Protocol">What both are of.</param>
public sealed record PortMapping(int HostPort, int GuestPort, TransportProtocol Protocol = TransportProtocol.Tcp)
{
    /// <summary>Largest port number.</summary>
    public const int MaxPort = 65_535;

    internal static PortMapping Read(WireReader reader)
    {
        int host = 0, guest = 0;
        TransportProtocol protocol = TransportProtocol.Tcp;
        reader.ReadMap(key =>
        {
            switch (key)
            {
                case 1: host = reader.ReadInt32(1, MaxPort); return true;
                case 2: guest = reader.ReadInt32(1, MaxPort); return true;
                case 3: protocol = reader.ReadEnum<TransportProtocol>(); return true;
                default: return false;
            }
        });
        return host == 0 || guest == 0
            ? throw reader.Fault("a host port and a guest port (keys 1 and 2)", "not both")
            : new PortMapping(host, guest, protocol);
    }

    internal void Write(WireWriter writer) => writer.WriteMap(map =>
    {
        map.Field(1, HostPort);
        map.Field(2, GuestPort);
        map.Field(3, (int)Protocol);
    });
}
