using System.Net;
using System.Net.Sockets;
using MicroVm.EdgeAgent.Configuration;
using MicroVm.EdgeAgent.Networks;
using MicroVm.EdgeAgent.Networks.Links;
using MicroVm.EdgeAgent.Tests.TestDoubles;
using MicroVm.Shared.Contracts.Desired;
using MicroVm.Shared.Contracts.Guest;
using MicroVm.Shared.Identity;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace MicroVm.EdgeAgent.Tests.Networks;

public sealed class VmNetworksTests : IDisposable
{
    private readonly MemoryStore _store = new();
    private readonly FakeLinks _links = new();
    private readonly FakeFirewall _firewall = new();
    private readonly FakeForwarding _forwarding = new();
    private VmNetworks _networks;

    public VmNetworksTests() => _networks = Make();

    public void Dispose() => _networks.Dispose();

    [Fact]
    public async Task Attach_FirstVm_GetsAddressTapAndRules()
    {
        VmAttachment place = await _networks.AttachAsync(Specs.Vm("web"));

        Assert.Equal(("172.30.0.2", "172.30.0.1", 1400), (place.Link.Ipv4.ToString(), place.Gateway.ToString(), place.Mtu));
        Assert.Matches("^mvm-[0-9a-f]{8}$", place.Link.Tap);
        Assert.Equal(0x02, place.Link.Mac.GetAddressBytes()[0]);
        Assert.Contains(place.Link.Tap, _links.Names);
        Assert.Contains($"\"{place.Link.Tap}\" . {VmLink.Write(place.Link.Mac)} . 172.30.0.2", _firewall.Rules, StringComparison.Ordinal);
        Assert.True(_forwarding.IsOn);
        GuestNetworkConfig guest = place.ToGuest();
        Assert.Equal(new GuestAddress("172.30.0.2", 32, "172.30.0.1"), Assert.Single(guest.Addresses));
        Assert.Equal(["172.30.0.1"], guest.NameServers);
        Assert.Equal(["local.mvm"], guest.SearchDomains);
        Assert.Equal(1400, guest.Mtu);
    }

    [Fact]
    public async Task Attach_AgainAndAfterRestart_SamePlace()
    {
        VmAttachment first = await _networks.AttachAsync(Specs.Vm("a"));
        VmAttachment second = await _networks.AttachAsync(Specs.Vm("b"));
        Assert.Equal(first, await _networks.AttachAsync(Specs.Vm("a") with { Revision = 2 }));
        await _networks.DetachAsync(first.Link.Vm);
        _networks.Dispose();
        _networks = Make();

        Assert.Equal(second, await _networks.AttachAsync(Specs.Vm("b")));
        Assert.Equal("172.30.0.2", (await _networks.AttachAsync(Specs.Vm("c"))).Link.Ipv4.ToString());
        Assert.Equal(["b", "c"], _store.LoadLinks().Select(static link => link.Vm.Value));
    }

    [Fact]
    public async Task Attach_PoolChanged_NewAddressOfThePool()
    {
        await _networks.AttachAsync(Specs.Vm("a"));
        _networks.Dispose();
        _networks = Make("10.77.0.0/28");

        Assert.Equal("10.77.0.2", (await _networks.AttachAsync(Specs.Vm("a"))).Link.Ipv4.ToString());
    }

    [Fact]
    public async Task Attach_PoolUsedUp_SaysSo()
    {
        _networks.Dispose();
        _networks = Make("10.77.0.0/29");
        for (int i = 0; i < 5; i++)
        {
            await _networks.AttachAsync(Specs.Vm($"vm-{i}"));
        }

        NetworkFaultException fault = await Assert.ThrowsAsync<NetworkFaultException>(() => _networks.AttachAsync(Specs.Vm("more")));
        Assert.Equal(("NetworkUnavailable", "network.pool: expected a free address, found none in 10.77.0.0/29"), (fault.Reason, fault.Message));
    }

    [Theory]
    [InlineData("172.30.5.0/24", true)]
    [InlineData("172.16.0.0/12", true)]
    [InlineData("172.31.0.0/16", false)]
    [InlineData("0.0.0.0/0", false)]
    public async Task Attach_HostUsesAddressesOfThePool_Refused(string route, bool isRefused)
    {
        _links.Routes.Add(new HostRoute(IPNetwork.Parse(route), 2, 0));

        Task<VmAttachment> attaching = _networks.AttachAsync(Specs.Vm("web"));

        if (isRefused)
        {
            NetworkFaultException fault = await Assert.ThrowsAsync<NetworkFaultException>(() => attaching);
            Assert.Equal(
                $"network.pool: expected addresses that the host does not use, found 172.30.0.0/16, which overlaps the route to {route} through eth0",
                fault.Message);
        }
        else
        {
            await attaching;
        }
    }

    [Fact]
    public async Task Attach_PortOfAnotherVm_ConflictNamesIt()
    {
        PortMapping port = new(FreePort.Take(), 80);
        await _networks.AttachAsync(Specs.Vm("a") with { Ports = [port] });

        NetworkFaultException fault = await Assert.ThrowsAsync<NetworkFaultException>(
            () => _networks.AttachAsync(Specs.Vm("b") with { Ports = [port] }));

        Assert.Equal(("PortConflict", $"port {port.HostPort}/tcp of the device: expected it to be free, but the VM a has it"), (fault.Reason, fault.Message));
        Assert.Equal(["a"], _networks.Attached.Select(static vm => vm.Link.Vm.Value));
        await _networks.DetachAsync(ResourceName.Parse("a"));
        await _networks.AttachAsync(Specs.Vm("b") with { Ports = [port] });
    }

    [Fact]
    public async Task Attach_PortOfAProcess_ConflictUntilItIsFree()
    {
        using Socket other = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        other.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        other.Listen();
        int port = ((IPEndPoint)other.LocalEndPoint!).Port;
        VmSpec spec = Specs.Vm("a") with { Ports = [new PortMapping(port, 80)] };

        NetworkFaultException fault = await Assert.ThrowsAsync<NetworkFaultException>(() => _networks.AttachAsync(spec));

        Assert.Equal(("PortConflict", $"port {port}/tcp of the device: expected it to be free, but a process of the host has it"), (fault.Reason, fault.Message));
        other.Dispose();
        await _networks.AttachAsync(spec);
    }

    [Theory]
    [InlineData(TransportProtocol.Tcp)]
    [InlineData(TransportProtocol.Udp)]
    public async Task Attach_PublishedPort_IsKeptFromOtherProcesses(TransportProtocol protocol)
    {
        int port = FreePort.Take();
        await _networks.AttachAsync(Specs.Vm("a") with { Ports = [new PortMapping(port, 80, protocol)] });

        Assert.False(CanBind(protocol, port));
        await _networks.AttachAsync(Specs.Vm("a"));
        Assert.True(CanBind(protocol, port));
    }

    [Fact]
    public async Task Attach_KernelOrFirewallRefuses_NothingIsAttached()
    {
        _links.Refusal = "tap mvm-x: ioctl(TUNSETIFF): Operation not permitted";
        NetworkFaultException fault = await Assert.ThrowsAsync<NetworkFaultException>(() => _networks.AttachAsync(Specs.Vm("a")));
        Assert.Equal("NetworkUnavailable", fault.Reason);
        Assert.Contains("tap mvm-x: ioctl(TUNSETIFF): Operation not permitted", fault.Message, StringComparison.Ordinal);

        (_links.Refusal, _firewall.Refusal) = (null, "the host has no nft: install the package nftables");
        fault = await Assert.ThrowsAsync<NetworkFaultException>(() => _networks.AttachAsync(Specs.Vm("a")));
        Assert.Equal(_firewall.Refusal, fault.Message);
        Assert.Empty(_networks.Attached);

        _firewall.Refusal = null;
        await _networks.AttachAsync(Specs.Vm("a"));
        Assert.Single(_networks.Attached);
    }

    [Fact]
    public async Task Detach_LastVm_NothingIsLeft()
    {
        await _networks.AttachAsync(Specs.Vm("a"));
        await _networks.AttachAsync(Specs.Vm("b"));
        await _networks.DetachAsync(ResourceName.Parse("a"));
        Assert.Single(_links.Names, static name => name.StartsWith(VmLink.TapPrefix, StringComparison.Ordinal));
        Assert.True(_forwarding.IsOn);

        await _networks.DetachAsync(ResourceName.Parse("b"));

        Assert.Equal(["eth0", "lo"], _links.Names);
        Assert.Null(_firewall.Rules);
        Assert.False(_forwarding.IsOn);
        Assert.Empty(_store.LoadLinks());
    }

    [Fact]
    public async Task Settle_AdoptedVms_KeepTapsAndStrayOnesGo()
    {
        VmSpec a = Specs.Vm("a"), b = Specs.Vm("b");
        VmAttachment before = await _networks.AttachAsync(a);
        await _networks.AttachAsync(b);
        string rules = _firewall.Rules!;
        _networks.Dispose();
        _links.Made.Clear();
        _links.Add("mvm-deadbeef");
        _networks = Make();

        _networks.Adopt(a);
        _networks.Adopt(b);
        await _networks.SettleAsync();

        Assert.Equal(before, _networks.Find(a.Name));
        Assert.Equal((rules, 2), (_firewall.Rules, _firewall.Changes));
        Assert.Empty(_links.Made);
        Assert.DoesNotContain("mvm-deadbeef", _links.Names);
    }

    [Fact]
    public async Task Settle_NoVmRuns_WhatAKilledAgentLeftIsRemoved()
    {
        await _networks.AttachAsync(Specs.Vm("a"));
        _networks.Dispose();
        _networks = Make();

        await _networks.SettleAsync();

        Assert.Equal(["eth0", "lo"], _links.Names);
        Assert.Null(_firewall.Rules);
        Assert.Single(_store.LoadLinks());
    }

    [Fact]
    public async Task Attach_HostHasIpv6_PrefixIsMadeOnceAndKept()
    {
        _links.HasGlobalIpv6 = true;
        VmAttachment place = await _networks.AttachAsync(Specs.Vm("a"));
        (IPAddress address, IPAddress gateway) = place.Ipv6!.Value;
        Assert.StartsWith("fd", address.ToString(), StringComparison.Ordinal);
        Assert.EndsWith("::2", address.ToString(), StringComparison.Ordinal);
        Assert.EndsWith("::1", gateway.ToString(), StringComparison.Ordinal);
        Assert.Equal(new GuestAddress($"{address}", 128, $"{gateway}"), place.ToGuest().Addresses[1]);
        _networks.Dispose();
        _networks = Make();

        Assert.Equal(place, await _networks.AttachAsync(Specs.Vm("a")));
    }

    [Fact]
    public async Task Attach_SwitchedOff_Unavailable()
    {
        using VmNetworks off = new(NetworkOptions.Default with { IsEnabled = false }, _store, _links, _firewall, _forwarding, NullLogger.Instance);

        NetworkFaultException fault = await Assert.ThrowsAsync<NetworkFaultException>(() => off.AttachAsync(Specs.Vm("a")));

        Assert.Equal("NetworkUnavailable", fault.Reason);
        await off.SettleAsync();
        Assert.Equal(["eth0", "lo"], _links.Names);
    }

    [Fact]
    public async Task Attach_TwoDesiredVmsWantAPort_TheSameOneGetsItAtEveryBoot()
    {
        PortMapping port = new(FreePort.Take(), 80);
        VmSpec a = Specs.Vm("a") with { Ports = [port] }, b = Specs.Vm("b") with { Ports = [port] };
        VmSpec urgent = Specs.Vm("z") with { Ports = [port], Priority = 1 };
        _networks.Dispose();
        _networks = new VmNetworks(NetworkOptions.Default, _store, _links, _firewall, _forwarding, NullLogger.Instance, () => [a, b, urgent]);

        foreach (VmSpec later in (VmSpec[])[a, b])
        {
            NetworkFaultException fault = await Assert.ThrowsAsync<NetworkFaultException>(() => _networks.AttachAsync(later));
            Assert.Equal($"port {port.HostPort}/tcp of the device: expected it to be free, but the VM z wants it as well and goes first", fault.Message);
        }

        await _networks.AttachAsync(urgent);
    }

    [Fact]
    public async Task Check_PortThatTheVmHasAlready_StaysItsOwnWhoeverGoesFirst()
    {
        PortMapping port = new(FreePort.Take(), 80);
        VmSpec holder = Specs.Vm("z") with { Ports = [port] }, first = Specs.Vm("a") with { Ports = [port] };
        List<VmSpec> desired = [holder];
        _networks.Dispose();
        _networks = new VmNetworks(NetworkOptions.Default, _store, _links, _firewall, _forwarding, NullLogger.Instance, () => desired);
        await _networks.AttachAsync(holder);
        desired.Add(first);

        _networks.Check(holder with { Revision = 2 });
        await _networks.AttachAsync(holder with { Revision = 2 });
        Assert.Equal("PortConflict", Assert.Throws<NetworkFaultException>(() => _networks.Check(first)).Reason);
    }

    [Fact]
    public async Task Watch_SomebodyRemovedTheRules_TheyAreBack()
    {
        FakeTimeProvider time = new();
        using CancellationTokenSource ending = new();
        await _networks.AttachAsync(Specs.Vm("a"));
        string rules = _firewall.Rules!;
        TaskCompletionSource settled = new(TaskCreationOptions.RunContinuationsAsynchronously);
        _networks.Changed += () => settled.TrySetResult();
        Task watching = _networks.WatchAsync(time, ending.Token);

        _firewall.Flush();
        time.Advance(TimeSpan.FromSeconds(60));
        await Phase.Of("rules are back", settled.Task);
        await ending.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => watching);

        Assert.Equal(rules, _firewall.Rules);
    }

    /// <summary>Whether a server that shares ports, as most do, could have one.</summary>
    private static bool CanBind(TransportProtocol protocol, int port)
    {
        bool isTcp = protocol == TransportProtocol.Tcp;
        using Socket server = new(AddressFamily.InterNetwork, isTcp ? SocketType.Stream : SocketType.Dgram, isTcp ? ProtocolType.Tcp : ProtocolType.Udp);
        server.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
        try
        {
            server.Bind(new IPEndPoint(IPAddress.Any, port));
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private VmNetworks Make(string pool = NetworkOptions.DefaultPool) =>
        new(new NetworkOptions(IPNetwork.Parse(pool)), _store, _links, _firewall, _forwarding, NullLogger.Instance);
}
