using System.Globalization;
using System.Net.Sockets;
using System.Text;
using MicroVm.EdgeAgent.Networks.Links;
using MicroVm.Shared.Contracts.Desired;
using MicroVm.Shared.Identity;

namespace MicroVm.EdgeAgent.Networks;

/// <content>What goes through the device: between VMs, out of them, into them.</content>
internal static partial class RuleSet
{
    private const string States = "ct state vmap { established : accept, related : accept, invalid : drop }";

    private static void WriteForwarding(StringBuilder text, RuleSetInput input)
    {
        WriteAllowed(text, input);
        List<NetworkedVm> restricted = [.. input.Vms.Where(static vm => vm.Policy.EgressRestricted)];
        StringBuilder jumps = new();
        foreach (NetworkedVm vm in restricted)
        {
            jumps.Append(CultureInfo.InvariantCulture, $"    ip saddr {vm.Link.Ipv4} goto {ChainOf(vm)}\n");
            if (vm.Ipv6 is not null)
            {
                jumps.Append(CultureInfo.InvariantCulture, $"    ip6 saddr {vm.Ipv6} goto {ChainOf(vm)}\n");
            }
        }

        string strangers = Between("ipv4", input.Strangers.Ipv4) + Between("ipv6", input.Strangers.Ipv6);
        text.Append(
            $$"""
              chain refused {
                meta l4proto tcp reject with tcp reset
                reject with icmpx admin-prohibited
              }
              chain {{ForwardChain}} {
                type filter hook forward priority 0; policy accept;
                iifname "{{HostLinks.BridgeName}}" oifname "{{HostLinks.BridgeName}}" jump between
                iifname "{{HostLinks.BridgeName}}" jump outwards
                oifname "{{HostLinks.BridgeName}}" jump inwards
            {{strangers}}  }
              chain between {
                {{States}}
                ip saddr . ip daddr @selves4 ct status dnat accept
                ip6 saddr . ip6 daddr @selves6 ct status dnat accept
                ip saddr . ip daddr @allowed4 accept
                ip6 saddr . ip6 daddr @allowed6 accept
                goto refused
              }
              chain inwards {
                {{States}}
                ct status dnat accept
                goto refused
              }
              chain outwards {
                {{States}}
            {{jumps}}    accept
              }

            """);
        foreach (NetworkedVm vm in restricted)
        {
            WriteEgress(text, vm);
        }
    }

    /// <summary>Pairs of source and destination: whom <see cref="NetworkPolicy.AllowFrom"/> names may connect to who names it.</summary>
    private static void WriteAllowed(StringBuilder text, RuleSetInput input)
    {
        Dictionary<ResourceName, NetworkedVm> byName = input.Vms.ToDictionary(static vm => vm.Link.Vm);
        SortedSet<string> ipv4 = new(StringComparer.Ordinal), ipv6 = new(StringComparer.Ordinal);
        foreach (NetworkedVm to in input.Vms)
        {
            foreach (ResourceName name in to.Policy.AllowFrom)
            {
                if (name == to.Link.Vm || !byName.TryGetValue(name, out NetworkedVm? from))
                {
                    continue;
                }

                ipv4.Add($"{from.Link.Ipv4} . {to.Link.Ipv4}");
                if (from.Ipv6 is not null && to.Ipv6 is not null)
                {
                    ipv6.Add($"{from.Ipv6} . {to.Ipv6}");
                }
            }
        }

        WriteSet(text, "allowed4", "ipv4_addr . ipv4_addr", [.. ipv4]);
        WriteSet(text, "allowed6", "ipv6_addr . ipv6_addr", [.. ipv6]);
    }

    private static void WriteEgress(StringBuilder text, NetworkedVm vm)
    {
        text.Append(CultureInfo.InvariantCulture, $"  chain {ChainOf(vm)} {{\n");
        foreach (EgressRule rule in vm.Policy.Egress)
        {
            string family = rule.ToNetwork().BaseAddress.AddressFamily == AddressFamily.InterNetwork ? "ip" : "ip6";
            string port = (rule.Port, rule.Protocol) switch
            {
                (0, null) => "",
                (0, TransportProtocol only) => $" meta l4proto {Protocol(only)}",
                (int number, null) => $" meta l4proto {{ tcp, udp }} th dport {number}",
                (int number, TransportProtocol only) => $" {Protocol(only)} dport {number}",
            };
            text.Append(CultureInfo.InvariantCulture, $"    {family} daddr {rule.ToNetwork()}{port} accept\n");
        }

        text.Append("    goto refused\n  }\n");
    }

    private static string ChainOf(NetworkedVm vm) => $"egress_{vm.Link.Tap[VmLink.TapPrefix.Length..]}";

    /// <summary>Links with names that nft(8) could read as something else are left out.</summary>
    private static string Between(string family, IReadOnlyList<string> links)
    {
        string[] names =
        [
            .. links.Where(static name => name.Length > 0 && name.All(static c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.'))
                .Order(StringComparer.Ordinal).Select(static name => $"\"{name}\""),
        ];
        string list = string.Join(", ", names);
        return names.Length == 0 ? "" : $"    meta nfproto {family} iifname {{ {list} }} oifname {{ {list} }} drop\n";
    }
}
