using MicroVm.Shared.Codecs.Cbor;

namespace MicroVm.Shared.Contracts.Guest;

/// <summary>How the guest's one interface, <c>eth0</c>, is set up.</summary>
/// <param name="Addresses">Its addresses, at most one of each family.</param>
/// <param name="NameServers">For <c>/etc/resolv.conf</c>.</param>
/// <param name="SearchDomains">For <c>/etc/resolv.conf</c>.</param>
/// <param name="Mtu">Largest packet in bytes; 0 leaves it.</param>
public sealed record GuestNetworkConfig(
    IReadOnlyList<GuestAddress> Addresses, IReadOnlyList<string> NameServers, IReadOnlyList<string> SearchDomains, int Mtu = 0)
{
    internal static GuestNetworkConfig Read(WireReader reader)
    {
        IReadOnlyList<GuestAddress> addresses = [];
        IReadOnlyList<string> servers = [], domains = [];
        int mtu = 0;
        reader.ReadMap(key =>
        {
            switch (key)
            {
                case 1: addresses = reader.ReadList(GuestAddress.Read); return true;
                case 2: servers = reader.ReadList(static r => r.ReadText()); return true;
                case 3: domains = reader.ReadList(static r => r.ReadText()); return true;
                case 4: mtu = reader.ReadInt32(0, 65_535); return true;
                default: return false;
            }
        });
        return new GuestNetworkConfig(addresses, servers, domains, mtu);
    }

    internal void Write(WireWriter writer) => writer.WriteMap(map =>
    {
        map.ListField(1, Addresses, static (w, address) => address.Write(w));
        map.TextListField(2, NameServers);
        map.TextListField(3, SearchDomains);
        map.Field(4, Mtu);
    });
}
