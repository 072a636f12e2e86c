using System.Globalization;
using System.Text;
using MicroVm.EdgeAgent.Networks.Links;
using MicroVm.EdgeAgent.Telemetry.Workloads;
using MicroVm.Shared.Identity;

namespace MicroVm.EdgeAgent.Networks;

/// <summary>
/// Writes the device's rules as nft(8) reads them: one transaction that replaces the tables named <c>microvm</c> and touches
/// no other. Pure; docs/networks.md has the rules in words.
/// </summary>
internal static partial class RuleSet
{
    /// <summary>Name of both tables.</summary>
    internal const string Table = "microvm";

    /// <summary>The address by which a guest reaches its device, wherever it is (RFC 3927; clouds use the same). The host itself does not have it.</summary>
    internal const string DeviceAddress = "169.254.169.254";

    /// <summary>The chain that everything forwarded goes through.</summary>
    internal const string ForwardChain = "through";

    // Making a table that is there does nothing, so that deleting it always works; all of it happens at once or not at all.
    private const string Away = $"""
        table bridge {Table}
        delete table bridge {Table}
        table inet {Table}
        delete table inet {Table}

        """;

    /// <summary>Removes the rules.</summary>
    internal static string Removal => Away;

    /// <summary>The rules for these VMs.</summary>
    internal static string Write(RuleSetInput input)
    {
        StringBuilder text = new(Away);
        WriteSources(text, input);
        text.Append(CultureInfo.InvariantCulture, $"table inet {Table} {{\n");
        WriteTranslation(text, input);
        WriteForwarding(text, input);
        WriteDevice(text, input);
        text.Append("}\n");
        return text.ToString();
    }

    /// <summary>
    /// What a VM sends is for the bridge, and has its own addresses as the source, on Ethernet, in ARP and in IP; anything else
    /// is dropped where it comes in.
    /// </summary>
    private static void WriteSources(StringBuilder text, RuleSetInput input)
    {
        List<string> ipv4 = [], ipv6 = [], arp = [];
        foreach (NetworkedVm vm in input.Vms)
        {
            string mac = VmLink.Write(vm.Link.Mac);
            ipv4.Add($"\"{vm.Link.Tap}\" . {mac} . {vm.Link.Ipv4}");
            if (vm.Ipv6 is not null)
            {
                ipv6.Add($"\"{vm.Link.Tap}\" . {mac} . {vm.Ipv6}");
                ipv6.Add($"\"{vm.Link.Tap}\" . {mac} . {LinkLocal.Of(vm.Link.Mac)}");
            }
        }

        text.Append(CultureInfo.InvariantCulture, $"table bridge {Table} {{\n");
        WriteSet(text, "sources4", "ifname . ether_addr . ipv4_addr", ipv4);
        WriteSet(text, "sources6", "ifname . ether_addr . ipv6_addr", ipv6);
        text.Append(
            $$"""
              chain guests {
                type filter hook prerouting priority -300; policy accept;
                iifname "{{VmLink.TapPrefix}}*" jump sources
              }
              chain sources {
                ether daddr != {{VmLink.Write(HostLinks.BridgeHardware)}} ether daddr & 01:00:00:00:00:00 == 00:00:00:00:00:00 drop
                ether type ip iifname . ether saddr . ip saddr @sources4 accept
                ether type arp iifname . ether saddr . arp saddr ip @sources4 iifname . arp saddr ether . arp saddr ip @sources4 accept
                icmpv6 type { nd-router-advert, nd-redirect } drop
                ether type ip6 iifname . ether saddr . ip6 saddr @sources6 accept
                counter drop
              }
            }

            """);
    }

    /// <summary>Out with the device's address; published ports in.</summary>
    private static void WriteTranslation(StringBuilder text, RuleSetInput input)
    {
        StringBuilder published = new();
        List<string> selves4 = [], selves6 = [];
        foreach (NetworkedVm vm in input.Vms.Where(static vm => vm.Ports.Count > 0))
        {
            selves4.Add($"{vm.Link.Ipv4} . {vm.Link.Ipv4}");
            if (vm.Ipv6 is not null)
            {
                selves6.Add($"{vm.Ipv6} . {vm.Ipv6}");
            }

            foreach (Shared.Contracts.Desired.PortMapping port in vm.Ports)
            {
                string protocol = Protocol(port.Protocol);
                published.Append(CultureInfo.InvariantCulture, $"    {protocol} dport {port.HostPort} dnat ip to {vm.Link.Ipv4}:{port.GuestPort}\n");
                if (vm.Ipv6 is not null)
                {
                    published.Append(CultureInfo.InvariantCulture, $"    ip6 daddr != ::1 {protocol} dport {port.HostPort} dnat ip6 to [{vm.Ipv6}]:{port.GuestPort}\n");
                }
            }
        }

        WriteSet(text, "selves4", "ipv4_addr . ipv4_addr", selves4);
        WriteSet(text, "selves6", "ipv6_addr . ipv6_addr", selves6);
        text.Append(
            $$"""
              chain loopback {
                type filter hook prerouting priority -350; policy accept;
                iifname "{{HostLinks.BridgeName}}" ip daddr 127.0.0.0/8 drop
              }
              chain arrive {
                type nat hook prerouting priority -100; policy accept;
                iifname "{{HostLinks.BridgeName}}" ip daddr {{DeviceAddress}} tcp dport 80 dnat ip to {{input.Gateway}}:{{MetricHttpServer.Port}}
                fib daddr type local jump published
              }
              chain begin {
                type nat hook output priority -100; policy accept;
                fib daddr type local jump published
              }
              chain published {
            {{published}}  }
              chain leave {
                type nat hook postrouting priority 100; policy accept;
                ip saddr {{input.Pool}} oifname != "{{HostLinks.BridgeName}}" masquerade
                ip saddr 127.0.0.0/8 oifname "{{HostLinks.BridgeName}}" masquerade
                ip saddr . ip daddr @selves4 masquerade
                ip6 saddr . ip6 daddr @selves6 masquerade

            """);
        if (input.Ipv6 is { } ipv6)
        {
            text.Append(CultureInfo.InvariantCulture, $"    ip6 saddr {ipv6.Prefix} oifname != \"{HostLinks.BridgeName}\" masquerade\n");
        }

        text.Append("  }\n");
    }

    /// <summary>What guests may ask of the device itself.</summary>
    private static void WriteDevice(StringBuilder text, RuleSetInput input)
    {
        string ipv6 = input.Ipv6 is { } network
            ? $"""
                    ip6 daddr {network.Gateway} meta l4proto {"{"} tcp, udp {"}"} th dport 53 accept
                    icmpv6 type {"{"} echo-request, nd-neighbor-solicit, nd-neighbor-advert {"}"} accept

                """
            : "";
        text.Append(
            $$"""
              chain to_device {
                type filter hook input priority 0; policy accept;
                iifname "{{HostLinks.BridgeName}}" jump guest_to_device
              }
              chain guest_to_device {
                ct state vmap { established : accept, related : accept, invalid : drop }
                ip daddr {{input.Gateway}} meta l4proto { tcp, udp } th dport 53 accept
                ip daddr {{input.Gateway}} tcp dport {{MetricHttpServer.Port}} ct status dnat accept
                icmp type echo-request accept
            {{ipv6}}    jump refused
              }
              chain from_device {
                type filter hook output priority 0; policy accept;
                oifname "{{HostLinks.BridgeName}}" icmp type redirect drop
                oifname "{{HostLinks.BridgeName}}" icmpv6 type nd-redirect drop
              }

            """);
    }

    private static void WriteSet(StringBuilder text, string name, string type, IReadOnlyList<string> elements)
    {
        text.Append(CultureInfo.InvariantCulture, $"  set {name} {{\n    type {type}\n");
        if (elements.Count > 0)
        {
            text.Append(CultureInfo.InvariantCulture, $"    elements = {{ {string.Join(", ", elements)} }}\n");
        }

        text.Append("  }\n");
    }

    private static string Protocol(Shared.Contracts.Desired.TransportProtocol protocol) =>
        protocol == Shared.Contracts.Desired.TransportProtocol.Udp ? "udp" : "tcp";
}
