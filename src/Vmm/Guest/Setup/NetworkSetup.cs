using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using MicroVm.Shared.Contracts.Guest;
using MicroVm.Vmm.Guest.Boot;
using MicroVm.Vmm.Guest.Interop;
using MicroVm.Vmm.Guest.Workload;

namespace MicroVm.Vmm.Guest.Setup;

/// <summary>Sets <c>eth0</c> up as configured, by rtnetlink, and writes what resolvers read.</summary>
internal static class NetworkSetup
{
    private const string Interface = "eth0";
    private const string IndexPath = $"/sys/class/net/{Interface}/ifindex";
    private const string AcceptAdvertisements = $"/proc/sys/net/ipv6/conf/{Interface}/accept_ra";
    private const int IndexLimitBytes = 32;

    // <linux/if_link.h>, <linux/if_addr.h>, <linux/rtnetlink.h>.
    private const ushort LinkMtu = 4, AddressAddress = 1, AddressLocal = 2, RouteDestination = 1, RouteDevice = 4, RouteGateway = 5;
    private const byte TableMain = 254, ProtocolStatic = 4, ScopeUniverse = 0, ScopeLink = 253, TypeUnicast = 1;
    private const byte NoDuplicateDetection = 0x02;
    private const int InterfaceUp = 1, OnLink = 4;

    /// <summary>Waits for the interface and sets it up.</summary>
    /// <exception cref="WorkloadException">An address is none.</exception>
    /// <exception cref="OsFaultException">The kernel refused it.</exception>
    /// <exception cref="TimeoutException">The interface did not come.</exception>
    internal static void Apply(GuestNetworkConfig network, DeviceArrival arrival)
    {
        arrival.Await(IndexPath, RootFileSystem.DeviceTimeoutMilliseconds);
        string text = Encoding.ASCII.GetString(Fd.ReadFile(IndexPath, IndexLimitBytes) ?? []);
        int index = int.Parse(text, NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture);
        // Everything is configured: what the device says by itself is not asked for.
        KernelSettings.TryWrite(AcceptAdvertisements, "0");

        using RouteSocket socket = new();
        socket.Send(Link(index, network.Mtu), Interface);
        foreach (GuestAddress address in network.Addresses)
        {
            Add(socket, index, address);
        }

        WriteResolver(network);
    }

    /// <summary>What <c>/etc/resolv.conf</c> says; empty for no servers.</summary>
    internal static string ResolverText(GuestNetworkConfig network)
    {
        StringBuilder text = new();
        foreach (string server in network.NameServers)
        {
            text.Append("nameserver ").Append(server).Append('\n');
        }

        if (network.SearchDomains.Count > 0)
        {
            text.Append("search ").AppendJoin(' ', network.SearchDomains).Append('\n');
        }

        return text.ToString();
    }

    internal static NetlinkMessage Link(int index, int mtu)
    {
        // struct ifinfomsg: family, type, index, flags, what of them changes.
        Span<byte> info = stackalloc byte[16];
        info.Clear();
        BinaryPrimitives.WriteInt32LittleEndian(info[4..], index);
        BinaryPrimitives.WriteInt32LittleEndian(info[8..], InterfaceUp);
        BinaryPrimitives.WriteInt32LittleEndian(info[12..], InterfaceUp);
        NetlinkMessage message = new(NetlinkMessage.NewLink, NetlinkMessage.Change, info);
        return mtu > 0 ? message.With(LinkMtu, mtu) : message;
    }

    internal static NetlinkMessage Address(int index, ParsedAddress address, int prefixBits)
    {
        // struct ifaddrmsg: family, prefix, flags, scope, index.
        Span<byte> info = stackalloc byte[8];
        info[0] = address.Family;
        info[1] = (byte)prefixBits;
        // Addresses come from the device's own pool: nobody else has one, and waiting for that to show would cost a second.
        info[2] = address.IsIpV6 ? NoDuplicateDetection : (byte)0;
        info[3] = ScopeUniverse;
        BinaryPrimitives.WriteInt32LittleEndian(info[4..], index);
        return new NetlinkMessage(NetlinkMessage.NewAddress, NetlinkMessage.Set, info).With(AddressLocal, address.Bytes).With(AddressAddress, address.Bytes);
    }

    internal static NetlinkMessage RouteToGateway(int index, ParsedAddress gateway) =>
        Route(gateway, gateway.Bits, gateway.IsIpV6 ? ScopeUniverse : ScopeLink, 0).With(RouteDestination, gateway.Bytes).With(RouteDevice, index);

    internal static NetlinkMessage DefaultRoute(int index, ParsedAddress gateway) =>
        Route(gateway, 0, ScopeUniverse, OnLink).With(RouteGateway, gateway.Bytes).With(RouteDevice, index);

    private static NetlinkMessage Route(ParsedAddress gateway, int destinationBits, byte scope, int flags)
    {
        // struct rtmsg: family, destination's and source's length, tos, table, protocol, scope, type, flags.
        Span<byte> info = stackalloc byte[12];
        info.Clear();
        info[0] = gateway.Family;
        info[1] = (byte)destinationBits;
        info[4] = TableMain;
        info[5] = ProtocolStatic;
        info[6] = scope;
        info[7] = TypeUnicast;
        BinaryPrimitives.WriteInt32LittleEndian(info[8..], flags);
        return new NetlinkMessage(NetlinkMessage.NewRoute, NetlinkMessage.Set, info);
    }

    private static void Add(RouteSocket socket, int index, GuestAddress configured)
    {
        ParsedAddress address = ParsedAddress.Parse(configured.Address, "network address");
        if (configured.PrefixBits > address.Bits)
        {
            throw new WorkloadException(
                WorkloadException.NotStarted, $"network address {configured.Address}: expected a prefix of at most {address.Bits} bits, found {configured.PrefixBits}");
        }

        socket.Send(Address(index, address, configured.PrefixBits), $"{Interface} {configured.Address}/{configured.PrefixBits}");
        if (configured.Gateway.Length == 0)
        {
            return;
        }

        ParsedAddress gateway = ParsedAddress.Parse(configured.Gateway, "gateway");
        socket.Send(RouteToGateway(index, gateway), $"route to {configured.Gateway}");
        socket.Send(DefaultRoute(index, gateway), $"default route by {configured.Gateway}");
    }

    private static void WriteResolver(GuestNetworkConfig network)
    {
        const string Path = "/etc/resolv.conf";
        if (network.NameServers.Count > 0)
        {
            // In some images it is a link to what systemd would write.
            _ = Libc.unlink(Path);
            Fd.WriteFile(Path, Encoding.UTF8.GetBytes(ResolverText(network)));
        }
    }
}
