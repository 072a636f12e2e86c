using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using MicroVm.EdgeAgent.Interop;

namespace MicroVm.EdgeAgent.Networks.Links;

/// <summary>The host's links by rtnetlink(7). No program is started for it, and none is needed on the host.</summary>
internal sealed partial class HostLinks : IHostLinks
{
    /// <summary>Name of the bridge.</summary>
    internal const string BridgeName = "mvm0";

    /// <summary>The bridge's MAC address, locally administered: "mvm0" in ASCII. It is set, because a bridge without one takes on those of its ports.</summary>
    internal static readonly PhysicalAddress BridgeHardware = new([0x02, 0x6D, 0x76, 0x6D, 0x30, 0x01]);

    // linux/rtnetlink.h, linux/if_link.h, linux/if_addr.h, linux/neighbour.h
    private const ushort NewLink = 16, DeleteLink = 17, SetLink = 19, NewAddress = 20, NewNeighbour = 28;
    private const ushort HardwareAttribute = 1, NameAttribute = 3, MtuAttribute = 4, MasterAttribute = 10, PortAttribute = 12, InfoAttribute = 18;
    private const ushort KindAttribute = 1, DataAttribute = 2, SnoopingAttribute = 23;
    private const ushort AddressAttribute = 1, LocalAttribute = 2, NeighbourAddressAttribute = 1, NeighbourHardwareAttribute = 2;
    private const uint Up = 1;
    private const byte BridgeFamily = 7, NoDuplicateDetection = 0x02;
    private const byte OfMaster = 0x04;
    private const ushort Permanent = 0x80, NoArp = 0x40;

    // IFLA_BRPORT_...: what a port learns and floods, and that a frame may leave by the port that it came in by.
    private const ushort HairpinAttribute = 4, LearningAttribute = 8, FloodAttribute = 9, MulticastFloodAttribute = 27, BroadcastFloodAttribute = 30;

    /// <inheritdoc/>
    public void EnsureBridge(BridgeSetup setup)
    {
        using RouteNetlink netlink = new();
        int error = netlink.TryChange(Make(NewLink, RouteNetlink.Create | RouteNetlink.Exclusive).Link(0)
            .Attribute(NameAttribute, BridgeName)
            .Nest(InfoAttribute, static info => info
                .Attribute(KindAttribute, "bridge")
                .Nest(DataAttribute, static data => data.Attribute(SnoopingAttribute, (byte)0))));
        if (error is not 0 and not Errno.EEXIST)
        {
            throw new OsFaultException($"bridge {BridgeName}", error);
        }

        int index = Require(netlink, BridgeName).Index;
        NetworkSysctls.Prepare(BridgeName, setup.Ipv6 is not null);
        netlink.Change(
            Make(NewLink, 0).Link(index, Up, Up).Attribute(HardwareAttribute, BridgeHardware.GetAddressBytes()).Attribute(MtuAttribute, setup.Mtu),
            $"bridge {BridgeName}: MTU {setup.Mtu}, up");
        AddAddress(netlink, index, setup.Ipv4, setup.Ipv4Bits);
        if (setup.Ipv6 is not null)
        {
            AddAddress(netlink, index, setup.Ipv6, 64);
        }
    }

    /// <inheritdoc/>
    public void EnsureTap(VmLink link, IPAddress? ipv6, int mtu)
    {
        using RouteNetlink netlink = new();
        if (Find(netlink, link.Tap) is null)
        {
            Libc.MakeTap(link.Tap);
        }

        int bridge = Require(netlink, BridgeName).Index;
        LinkInfo tap = Require(netlink, link.Tap);
        NetworkSysctls.WithoutIpv6(link.Tap);
        if (tap.Master != bridge)
        {
            netlink.Change(Make(NewLink, 0).Link(tap.Index).Attribute(MasterAttribute, bridge), $"tap {link.Tap}: port of {BridgeName}");
        }

        // Before it is up: the bridge floods nothing to it and learns nothing from it; it knows the one address that is there.
        netlink.Change(
            Make(SetLink, 0).Link(tap.Index, family: BridgeFamily).Nest(PortAttribute, static port => port
                .Attribute(LearningAttribute, (byte)0)
                .Attribute(FloodAttribute, (byte)0)
                .Attribute(MulticastFloodAttribute, (byte)0)
                .Attribute(BroadcastFloodAttribute, (byte)0)
                .Attribute(HairpinAttribute, (byte)1)),
            $"tap {link.Tap}: nothing is flooded");
        netlink.Change(
            Make(NewNeighbour, RouteNetlink.Create | RouteNetlink.Replace)
                .Neighbour(BridgeFamily, tap.Index, NoArp, OfMaster)
                .Attribute(NeighbourHardwareAttribute, link.Mac.GetAddressBytes()),
            $"tap {link.Tap}: address {link.Mac}");
        netlink.Change(Make(NewLink, 0).Link(tap.Index, Up, Up).Attribute(MtuAttribute, mtu), $"tap {link.Tap}: MTU {mtu}, up");
        AddNeighbour(netlink, bridge, link.Ipv4, link.Mac);
        if (ipv6 is not null)
        {
            AddNeighbour(netlink, bridge, ipv6, link.Mac);
        }
    }

    /// <inheritdoc/>
    public void Remove(string name)
    {
        using RouteNetlink netlink = new();
        if (Find(netlink, name) is LinkInfo link && netlink.TryChange(Make(DeleteLink, 0).Link(link.Index)) is not 0 and not Errno.ENODEV and int error)
        {
            throw new OsFaultException($"remove {name}", error);
        }
    }

    private static NetlinkMessage Make(ushort type, ushort flags) =>
        new(type, (ushort)(RouteNetlink.Request | RouteNetlink.Acknowledge | flags));

    private static void AddAddress(RouteNetlink netlink, int index, IPAddress address, int bits)
    {
        NetlinkMessage message = Make(NewAddress, RouteNetlink.Create | RouteNetlink.Replace)
            .Address(FamilyOf(address), bits, NoDuplicateDetection, index)
            .Attribute(LocalAttribute, address)
            .Attribute(AddressAttribute, address);
        if (netlink.TryChange(message) is not 0 and not Errno.EEXIST and int error)
        {
            throw new OsFaultException($"bridge {BridgeName}: address {address}/{bits}", error);
        }
    }

    /// <summary>A guest's address never has to be asked for, and what guests answer to such questions changes nothing.</summary>
    private static void AddNeighbour(RouteNetlink netlink, int bridge, IPAddress address, PhysicalAddress hardware) => netlink.Change(
        Make(NewNeighbour, RouteNetlink.Create | RouteNetlink.Replace)
            .Neighbour(FamilyOf(address), bridge, Permanent)
            .Attribute(NeighbourAddressAttribute, address)
            .Attribute(NeighbourHardwareAttribute, hardware.GetAddressBytes()),
        $"bridge {BridgeName}: neighbour {address}");

    private static byte FamilyOf(IPAddress address) => address.AddressFamily == AddressFamily.InterNetwork ? InetFamily : Inet6Family;

    private static LinkInfo Require(RouteNetlink netlink, string name) =>
        Find(netlink, name) ?? throw new OsFaultException($"link {name}", Errno.ENODEV);

    private static LinkInfo? Find(RouteNetlink netlink, string name)
    {
        List<LinkInfo> found = [];
        int error = netlink.Ask(Make(GetLink, 0).Link(0).Attribute(NameAttribute, name), (_, content) => AddLink(content, found));
        return error switch
        {
            0 => found.FirstOrDefault(),
            Errno.ENODEV => null,
            _ => throw new OsFaultException($"link {name}", error),
        };
    }
}
