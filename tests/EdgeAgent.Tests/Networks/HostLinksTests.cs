using System.Net;
using System.Runtime.InteropServices;
using MicroVm.EdgeAgent.Networks;
using MicroVm.EdgeAgent.Networks.Links;
using MicroVm.Shared.Identity;

namespace MicroVm.EdgeAgent.Tests.Networks;

/// <summary>Real links, in a network namespace that ends with the thread that made it.</summary>
public sealed partial class HostLinksTests
{
    private const int CloneNewNet = 0x4000_0000;
    private static readonly BridgeSetup s_bridge = new(IPAddress.Parse("172.30.0.1"), 16, IPAddress.Parse("fd00:1::1"), 1400);
    private static readonly VmLink s_link = VmLink.Derive(ResourceName.Parse("web"), 0, IPAddress.Parse("172.30.0.2"));

    [Fact]
    public void Links_MadeTwiceAndRemoved_AreAsTheyShouldBe() => InNamespace(() =>
    {
        HostLinks links = new();
        for (int i = 0; i < 2; i++)
        {
            links.EnsureBridge(s_bridge);
            links.EnsureTap(s_link, IPAddress.Parse("fd00:1::2"), 1400);
            HostSurvey survey = links.Survey();
            LinkInfo bridge = Assert.Single(survey.Links, static link => link.Name == "mvm0");
            LinkInfo tap = Assert.Single(survey.Links, static link => link.Name == s_link.Tap);
            Assert.Equal((1400, bridge.Index, 1400), (tap.Mtu, tap.Master, bridge.Mtu));
            Assert.Contains(survey.Routes, route => route.Network == IPNetwork.Parse("172.30.0.0/16") && route.LinkIndex == bridge.Index);
            Assert.Contains(survey.Routes, route => route.Network == IPNetwork.Parse("fd00:1::/64") && route.LinkIndex == bridge.Index);
            Assert.False(survey.HasGlobalIpv6);
            Assert.Null(survey.Uplink);
        }

        Assert.Equal("1", NetworkSysctls.TryRead("ipv4/conf/mvm0/route_localnet"));
        Assert.Equal("0", NetworkSysctls.TryRead("ipv4/conf/mvm0/send_redirects"));
        links.Remove(s_link.Tap);
        links.Remove(s_link.Tap);
        links.Remove("mvm0");
        Assert.Equal(["lo"], links.Survey().Links.Select(static link => link.Name));
    });

    [Fact]
    public void Survey_ThisHost_FindsTheLoopbackAndNoOverlapWithIt()
    {
        HostSurvey survey = new HostLinks().Survey();

        Assert.Contains(survey.Links, static link => link.Name == "lo");
        Assert.Null(survey.Overlapping(IPNetwork.Parse("198.18.77.0/24"), -1));
    }

    private static void InNamespace(Action test)
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess && File.Exists("/dev/net/tun"), "needs root and /dev/net/tun");
        Exception? fault = null;
        Thread thread = new(() =>
        {
            fault = unshare(CloneNewNet) == 0 ? Record.Exception(test) : new InvalidOperationException("unshare");
        });
        thread.Start();
        thread.Join();
        Assert.Null(fault);
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int unshare(int flags);
}
