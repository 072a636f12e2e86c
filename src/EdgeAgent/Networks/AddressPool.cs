using System.Buffers.Binary;
using System.Net;

namespace MicroVm.EdgeAgent.Networks;

/// <summary>The device's addresses for VMs: the first is the gateway's, the lowest free one is given next. Pure.</summary>
internal sealed class AddressPool
{
    private const int FirstGuest = 2;
    private readonly uint _base;
    private readonly uint _count;

    /// <param name="network">An IPv4 network.</param>
    internal AddressPool(IPNetwork network)
    {
        Network = network;
        _base = BinaryPrimitives.ReadUInt32BigEndian(network.BaseAddress.GetAddressBytes());
        _count = 1u << (32 - network.PrefixLength);
    }

    /// <summary>Its addresses.</summary>
    internal IPNetwork Network { get; }

    /// <summary>The bridge's address.</summary>
    internal IPAddress Gateway => At(1);

    /// <summary>The lowest address that is not used; null when all are.</summary>
    internal IPAddress? Take(IReadOnlySet<IPAddress> used)
    {
        // The last one is the network's broadcast address.
        for (uint i = FirstGuest; i < _count - 1; i++)
        {
            IPAddress address = At(i);
            if (!used.Contains(address))
            {
                return address;
            }
        }

        return null;
    }

    /// <summary>True when a VM may have this address.</summary>
    internal bool Contains(IPAddress address)
    {
        uint offset = OffsetOf(address);
        return offset >= FirstGuest && offset < _count - 1;
    }

    /// <summary>The IPv6 address that goes with one of the pool's: the prefix and the number within the pool.</summary>
    internal IPAddress Ipv6Of(IPAddress prefix, IPAddress ipv4)
    {
        byte[] bytes = prefix.GetAddressBytes();
        BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(12), OffsetOf(ipv4));
        return new IPAddress(bytes);
    }

    private uint OffsetOf(IPAddress address) => BinaryPrimitives.ReadUInt32BigEndian(address.GetAddressBytes()) - _base;

    private IPAddress At(uint offset)
    {
        byte[] bytes = new byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, _base + offset);
        return new IPAddress(bytes);
    }
}
