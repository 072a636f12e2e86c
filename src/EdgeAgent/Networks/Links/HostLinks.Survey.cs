using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;
using MicroVm.EdgeAgent.Interop;

namespace MicroVm.EdgeAgent.Networks.Links;

/// <content>What the host has.</content>
internal sealed partial class HostLinks
{
    // linux/rtnetlink.h
    private const ushort GetLink = 18, GetAddress = 22, GetRoute = 26;
    private const byte InetFamily = 2, Inet6Family = 10, UnicastRoute = 1, GlobalScope = 0;
    private const int LinkBytes = 16, RouteBytes = 12, AddressBytes = 8;

    /// <inheritdoc/>
    public HostSurvey Survey()
    {
        using RouteNetlink netlink = new();
        List<LinkInfo> links = [];
        Ask(netlink, new NetlinkMessage(GetLink, RouteNetlink.Request | RouteNetlink.Dump).Link(0), "links", content => AddLink(content, links));
        List<HostRoute> routes = [];
        foreach (byte family in (ReadOnlySpan<byte>)[InetFamily, Inet6Family])
        {
            Ask(netlink, new NetlinkMessage(GetRoute, RouteNetlink.Request | RouteNetlink.Dump).Routes(family), "routes", content => AddRoute(content, routes));
        }

        bool hasGlobal = false;
        int own = links.Find(static link => link.Name == BridgeName)?.Index ?? 0;
        Ask(
            netlink, new NetlinkMessage(GetAddress, RouteNetlink.Request | RouteNetlink.Dump).Address(Inet6Family, 0, 0, 0), "addresses",
            content => hasGlobal |= IsGlobal(content, own));
        return new HostSurvey(links, routes, hasGlobal);
    }

    private static void Ask(RouteNetlink netlink, NetlinkMessage question, string what, ReadOnlySpanAction read)
    {
        if (netlink.Ask(question, (_, content) => read(content)) is not 0 and int error)
        {
            throw new OsFaultException($"netlink: {what}", error);
        }
    }

    private delegate void ReadOnlySpanAction(ReadOnlySpan<byte> content);

    private static void AddLink(ReadOnlySpan<byte> content, List<LinkInfo> links)
    {
        if (content.Length < LinkBytes)
        {
            return;
        }

        string name = "";
        int mtu = 0, master = 0;
        NetlinkAttributes attributes = new(content[LinkBytes..]);
        while (attributes.TryNext(out ushort type, out ReadOnlySpan<byte> value))
        {
            switch (type)
            {
                case NameAttribute: name = Encoding.ASCII.GetString(value.TrimEnd((byte)0)); break;
                case MtuAttribute when value.Length >= 4: mtu = BinaryPrimitives.ReadInt32LittleEndian(value); break;
                case MasterAttribute when value.Length >= 4: master = BinaryPrimitives.ReadInt32LittleEndian(value); break;
            }
        }

        links.Add(new LinkInfo(BinaryPrimitives.ReadInt32LittleEndian(content[4..]), name, mtu, master));
    }

    /// <summary><c>struct rtmsg</c>: family, length of the destination, ..., type at byte 7; RTA_DST 1, RTA_OIF 4, RTA_PRIORITY 6.</summary>
    private static void AddRoute(ReadOnlySpan<byte> content, List<HostRoute> routes)
    {
        if (content.Length < RouteBytes || content[7] != UnicastRoute)
        {
            return;
        }

        IPAddress destination = content[0] == InetFamily ? IPAddress.Any : IPAddress.IPv6Any;
        int link = 0, priority = 0;
        NetlinkAttributes attributes = new(content[RouteBytes..]);
        while (attributes.TryNext(out ushort type, out ReadOnlySpan<byte> value))
        {
            switch (type)
            {
                case 1: destination = new IPAddress(value); break;
                case 4 when value.Length >= 4: link = BinaryPrimitives.ReadInt32LittleEndian(value); break;
                case 6 when value.Length >= 4: priority = BinaryPrimitives.ReadInt32LittleEndian(value); break;
            }
        }

        bool isLocal = destination.AddressFamily == AddressFamily.InterNetworkV6 && destination.IsIPv6LinkLocal;
        if (!isLocal)
        {
            routes.Add(new HostRoute(new IPNetwork(destination, content[1]), link, priority));
        }
    }

    private static bool IsGlobal(ReadOnlySpan<byte> content, int ownLink) =>
        content.Length >= AddressBytes && content[0] == Inet6Family && content[3] == GlobalScope
        && BinaryPrimitives.ReadInt32LittleEndian(content[4..]) != ownLink;
}
