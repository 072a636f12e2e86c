using System.Net;
using MicroVm.EdgeAgent.Networks;
using MicroVm.EdgeAgent.Telemetry.Workloads;
using MicroVm.Shared.Contracts.Desired;
using MicroVm.Shared.Identity;

namespace MicroVm.EdgeAgent.Tests.Networks;

/// <summary>Who reaches whom under the rules, tried with real packets.</summary>
public sealed class RuleSetReachTests : IDisposable
{
    private const string Lab = "needs root and nft";
    private readonly NetworkLab? _lab = Environment.IsPrivilegedProcess && File.Exists("/usr/sbin/nft") ? new NetworkLab() : null;

    public void Dispose() => _lab?.Dispose();

    [Theory]
    [InlineData("0")]
    [InlineData("1")]
    public void Guests_OutInAndBetween_AsPolicySays(string bridgedPacketsThroughInet)
    {
        // What the module br_netfilter does, which Docker loads.
        NetworkLab lab = Require();
        lab.TrySetBridge("bridge-nf-call-iptables", bridgedPacketsThroughInet);
        lab.TrySetBridge("bridge-nf-call-ip6tables", bridgedPacketsThroughInet);
        NetworkedVm web = Vm("web", 2) with
        {
            Ports = [new PortMapping(8080, 80), new PortMapping(8053, 53, TransportProtocol.Udp)],
            Policy = new NetworkPolicy { AllowFrom = [ResourceName.Parse("client")] },
        };
        NetworkedVm client = Vm("client", 3), other = Vm("other", 4);
        Setup(lab, web, client, other);
        lab.Listen("web", "TCP6-LISTEN:80,ipv6only=0,fork,reuseaddr");
        lab.Listen("outside", "TCP6-LISTEN:80,ipv6only=0,fork,reuseaddr");
        lab.Listen("host", "TCP6-LISTEN:22,ipv6only=0,fork,reuseaddr");

        // Out, with the device's address.
        Assert.EndsWith("ffff:0a09:0001]", lab.Ask("client", Tcp(NetworkLab.OutsideAddress, 80)), StringComparison.Ordinal);
        Assert.NotEqual("", lab.Ask("client", Tcp6(NetworkLab.OutsideAddress6, 80)));
        Assert.True(lab.Ping("client", NetworkLab.OutsideAddress));

        // In through the published port: from outside, from the device, from its loopback, from a VM that may.
        Assert.NotEqual("", lab.Ask("outside", Tcp(NetworkLab.HostAddress, 8080)));
        Assert.NotEqual("", lab.Ask("outside", Tcp6(NetworkLab.HostAddress6, 8080)));
        Assert.NotEqual("", lab.Ask("host", Tcp(NetworkLab.HostAddress, 8080)));
        Assert.NotEqual("", lab.Ask("host", Tcp("127.0.0.1", 8080)));
        Assert.NotEqual("", lab.Ask("client", Tcp("172.30.0.1", 8080)));
        Assert.NotEqual("", lab.Ask("client", Tcp(NetworkLab.HostAddress, 8080)));
        Assert.NotEqual("", lab.Ask("web", Tcp("172.30.0.1", 8080)));
        Assert.Equal("", lab.Ask("other", Tcp("172.30.0.1", 8080)));
        Assert.Equal("", lab.Ask("other", Tcp(NetworkLab.HostAddress, 8080)));

        // Between VMs, only as allowed and only that way round.
        Assert.NotEqual("", lab.Ask("client", Tcp("172.30.0.2", 80)));
        Assert.NotEqual("", lab.Ask("client", Tcp6("fd00:1::2", 80)));
        Assert.Equal("", lab.Ask("other", Tcp("172.30.0.2", 80)));
        Assert.Equal("", lab.Ask("other", Tcp6("fd00:1::2", 80)));
        Assert.False(lab.Ping("web", "172.30.0.3"));
        Assert.False(lab.Ping("other", "172.30.0.2"));

        // The device itself: echo, nothing that listens.
        Assert.True(lab.Ping("other", "172.30.0.1"));
        Assert.Equal("", lab.Ask("other", Tcp("172.30.0.1", 22)));
        Assert.Equal("", lab.Ask("other", Tcp(NetworkLab.HostAddress, 22)));
        Assert.Equal("", lab.Ask("other", Tcp6("fd00:1::1", 22)));
        Assert.NotEqual("", lab.Ask("outside", Tcp(NetworkLab.HostAddress, 22)));

        // From outside to a VM's own address: not without a published port.
        lab.Ip("outside", "route add 172.30.0.0/16 via 10.9.0.1");
        Assert.Equal("", lab.Ask("outside", Tcp("172.30.0.2", 80)));
    }

    [Fact]
    public void Guest_NameServerOfTheDevice_IsReached()
    {
        NetworkLab lab = Require();
        Setup(lab, Vm("a", 2) with { Policy = new NetworkPolicy { EgressRestricted = true } });
        lab.Listen("host", "TCP6-LISTEN:53,ipv6only=0,fork,reuseaddr");

        Assert.NotEqual("", lab.Ask("a", Tcp("172.30.0.1", 53)));
        Assert.NotEqual("", lab.Ask("a", Tcp6("fd00:1::1", 53)));
    }

    [Fact]
    public void Guest_AddressOfTheDevice_LeadsToTheAgentWithTheGuestsOwn()
    {
        NetworkLab lab = Require();
        Setup(lab, Vm("a", 2) with { Policy = new NetworkPolicy { EgressRestricted = true } });
        lab.Listen("host", $"TCP6-LISTEN:{MetricHttpServer.Port},ipv6only=0,fork,reuseaddr");

        // What listens is told who asked: the guest's address is untouched.
        Assert.EndsWith("ffff:ac1e:0002]", lab.Ask("a", Tcp(RuleSet.DeviceAddress, 80)), StringComparison.Ordinal);
        Assert.Equal("", lab.Ask("a", Tcp("172.30.0.1", MetricHttpServer.Port)));
        Assert.Equal("", lab.Ask("a", Tcp(RuleSet.DeviceAddress, 81)));
        Assert.Equal("", lab.Ask("host", Tcp(RuleSet.DeviceAddress, 80)));
    }

    [Fact]
    public void Guest_EgressRestricted_ReachesOnlyWhatIsListed()
    {
        NetworkLab lab = Require();
        NetworkedVm none = Vm("none", 2) with { Policy = new NetworkPolicy { EgressRestricted = true } };
        NetworkedVm some = Vm("some", 3) with
        {
            Policy = new NetworkPolicy
            {
                EgressRestricted = true,
                Egress = [new EgressRule("10.9.0.0/24", 81, TransportProtocol.Tcp), new EgressRule("2001:db8::/32")],
            },
        };
        Setup(lab, none, some);
        lab.Listen("outside", "TCP6-LISTEN:80,ipv6only=0,fork,reuseaddr");
        lab.Listen("outside", "TCP6-LISTEN:81,ipv6only=0,fork,reuseaddr");

        Assert.Equal("", lab.Ask("none", Tcp(NetworkLab.OutsideAddress, 80)));
        Assert.Equal("", lab.Ask("none", Tcp6(NetworkLab.OutsideAddress6, 80)));
        Assert.False(lab.Ping("none", NetworkLab.OutsideAddress));
        Assert.Equal("", lab.Ask("some", Tcp(NetworkLab.OutsideAddress, 80)));
        Assert.NotEqual("", lab.Ask("some", Tcp(NetworkLab.OutsideAddress, 81)));
        Assert.NotEqual("", lab.Ask("some", Tcp6(NetworkLab.OutsideAddress6, 80)));
        Assert.True(lab.Ping("some", NetworkLab.OutsideAddress6));
        Assert.False(lab.Ping("some", NetworkLab.OutsideAddress));
    }

    [Fact]
    public void Guest_SpoofsAnAddress_IsDropped()
    {
        NetworkLab lab = Require();
        NetworkedVm honest = Vm("honest", 2), liar = Vm("liar", 3);
        Setup(lab, honest, liar);
        Assert.True(lab.Ping("liar", NetworkLab.OutsideAddress));

        // Another VM's address, one of the pool, one of the world: IPv4 and IPv6.
        lab.Ip("liar", "address add 172.30.0.2/32 dev eth0");
        lab.Ip("liar", "address add 10.9.0.77/32 dev eth0");
        lab.Ip("liar", "address add fd00:1::2/128 dev eth0 nodad");
        Assert.False(lab.Ping("liar", NetworkLab.OutsideAddress, "-I 172.30.0.2"));
        Assert.False(lab.Ping("liar", "172.30.0.1", "-I 10.9.0.77"));
        Assert.False(lab.Ping("liar", NetworkLab.OutsideAddress6, "-I fd00:1::2"));
        Assert.True(lab.Ping("liar", NetworkLab.OutsideAddress));
        Assert.True(lab.Ping("liar", NetworkLab.OutsideAddress6, "-I fd00:1::3 -c 5"));

        // The device's loopback, which packets may be routed to for published ports.
        lab.Ip("liar", "route add 127.0.0.2 via 172.30.0.1");
        lab.Listen("host", "TCP-LISTEN:8022,bind=127.0.0.2,fork,reuseaddr");
        Assert.Equal("", lab.Ask("liar", Tcp("127.0.0.2", 8022)));

        // Another MAC address.
        lab.Ip("liar", $"link set eth0 address {VmLink.Write(honest.Link.Mac)}");
        Assert.False(lab.Ping("liar", NetworkLab.OutsideAddress));
        Assert.True(lab.Ping("honest", NetworkLab.OutsideAddress));
    }

    [Fact]
    public void Guests_OnOneBridge_DoNotSeeEachOthersFrames()
    {
        NetworkLab lab = Require();
        Setup(lab, Vm("a", 2), Vm("b", 3));

        // As if on one network: the question for the other's MAC address already finds nobody.
        lab.Ip("a", "route add 172.30.0.3 dev eth0");

        Assert.False(lab.Ping("a", "172.30.0.3"));
        Assert.DoesNotContain("lladdr", lab.In("a", "ip", "neighbour show 172.30.0.3"), StringComparison.Ordinal);

        // Nor when the address is known.
        lab.Ip("a", $"neighbour replace 172.30.0.3 lladdr {VmLink.Write(Vm("b", 3).Link.Mac)} dev eth0 nud permanent");
        Assert.False(lab.Ping("a", "172.30.0.3"));
    }

    [Fact]
    public void Apply_AgainAndRemoved_ForeignTablesStayAsTheyAre()
    {
        NetworkLab lab = Require();
        lab.In("host", "nft", "add table inet filter");
        lab.In("host", "nft", "add chain inet filter mine");
        lab.In("host", "nft", "add table bridge filter");
        string foreign = lab.Rules();
        NetworkedVm a = Vm("a", 2) with { Ports = [new PortMapping(8080, 80)] };
        Setup(lab, a);
        string first = lab.Rules();
        Assert.StartsWith(foreign, first, StringComparison.Ordinal);

        lab.Apply(RuleSet.Write(Input(a)));
        Assert.Equal(WithoutCounters(first), WithoutCounters(lab.Rules()));
        lab.Apply(RuleSet.Removal);
        Assert.Equal(foreign, lab.Rules());
        lab.Apply(RuleSet.Removal);
        Assert.Equal(foreign, lab.Rules());
    }

    [Fact]
    public void Device_ForwardingSwitchedOnForVms_IsNoRouterForOthers()
    {
        NetworkLab lab = Require();
        lab.Ip("host", "link add lan type veth peer name lan1");
        lab.Ip("host", "address add 10.8.0.1/24 dev lan");
        lab.Ip("host", "link set lan up");
        lab.Ip("host", "link set lan1 up");
        lab.Ip("outside", "route add 10.8.0.0/24 via 10.9.0.1");
        NetworkedVm a = Vm("a", 2);
        Setup(lab, a);
        lab.In("host", "nft", "add table inet watch");
        lab.In("host", "nft", "add chain inet watch sent { type filter hook postrouting priority 0 ; }");
        lab.In("host", "nft", "add rule inet watch sent oifname lan ip saddr 10.9.0.2 counter");
        lab.Ping("outside", "10.8.0.7");
        Assert.Contains("packets 1 ", lab.Rules(), StringComparison.Ordinal);

        lab.Apply(RuleSet.Write(Input(a) with { Strangers = new Strangers(["lan", "up0"], ["lan", "up0"]) }));
        lab.Ping("outside", "10.8.0.7");

        Assert.Contains("packets 1 ", lab.Rules(), StringComparison.Ordinal);
        Assert.True(lab.Ping("a", NetworkLab.OutsideAddress));
    }

    private static string WithoutCounters(string rules) =>
        System.Text.RegularExpressions.Regex.Replace(rules, "packets [0-9]+ bytes [0-9]+", "");

    private static void Setup(NetworkLab lab, params NetworkedVm[] vms)
    {
        foreach (NetworkedVm vm in vms)
        {
            lab.AddGuest(vm);
        }

        lab.Apply(RuleSet.Write(Input(vms)));
    }

    private static RuleSetInput Input(params NetworkedVm[] vms) => new(
        IPNetwork.Parse("172.30.0.0/16"), IPAddress.Parse("172.30.0.1"), (IPNetwork.Parse("fd00:1::/64"), IPAddress.Parse("fd00:1::1")), vms, Strangers.None);

    private static NetworkedVm Vm(string name, int number) => new(
        VmLink.Derive(ResourceName.Parse(name), 0, IPAddress.Parse($"172.30.0.{number}")), IPAddress.Parse($"fd00:1::{number}"), [], new NetworkPolicy());

    private static string Tcp(string address, int port) => $"TCP4:{address}:{port},connect-timeout=2";

    private static string Tcp6(string address, int port) => $"TCP6:[{address}]:{port},connect-timeout=2";

    private NetworkLab Require()
    {
        Assert.SkipWhen(_lab is null, Lab);
        return _lab!;
    }
}
