using MicroVm.Shared.Codecs.Cbor;

namespace MicroVm.Shared.Contracts.Guest;

/// <summary>
/// One address of the guest's interface. The gateway is reached directly, everything else through it: guests on one device do
/// not see each other's frames.
/// </summary>
/// <param name="Address">IPv4 or IPv6 address, such as <c>172.30.0.2</c>.</param>
/// <param name="PrefixBits">Length of the prefix; 32 or 128 when there are no neighbours but the gateway.</param>
/// <param name="Gateway">Address of the same family.</param>
public sealed record GuestAddress(string Address, int PrefixBits, string Gateway)
{
    internal static GuestAddress Read(WireReader reader)
    {
        string address = "", gateway = "";
        int bits = 0;
        reader.ReadMap(key =>
        {
            switch (key)
            {
                case 1: address = reader.ReadText(); return true;
                case 2: bits = reader.ReadInt32(0, 128); return true;
                case 3: gateway = reader.ReadText(); return true;
                default: return false;
            }
        });
        return new GuestAddress(address, bits, gateway);
    }

    internal void Write(WireWriter writer) => writer.WriteMap(map =>
    {
        map.Field(1, Address);
        map.Field(2, PrefixBits);
        map.Field(3, Gateway);
    });
}
