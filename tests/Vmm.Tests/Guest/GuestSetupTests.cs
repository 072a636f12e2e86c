using MicroVm.Shared.Contracts.Desired;
using MicroVm.Shared.Contracts.Guest;
using MicroVm.Vmm.Guest.Setup;
using MicroVm.Vmm.Guest.Workload;

namespace MicroVm.Vmm.Tests.Guest;

public class GuestSetupTests
{
    private static readonly GuestConfig s_config = new(new ProcessSpec(["run"], new Dictionary<string, string>(), "", ""), "guest", 5)
    {
        Volumes = [new GuestVolume("/dev/vdb", "/data/inner", false), new GuestVolume("/dev/vdc", "/data", false)],
        Tmpfs = [new TmpfsMount("/data/cache", 4), new TmpfsMount("/a", 1)],
    };

    [Fact]
    public void MountsInOrder_WhatContainsOthers_ComesFirst() =>
        Assert.Equal(["/a", "/data", "/data/cache", "/data/inner"], GuestSetup.MountsInOrder(s_config).Select(static mount => mount.Path));

    [Theory]
    [InlineData("/run/secrets/key", false)]
    [InlineData("/data/key", true)]
    [InlineData("/data/inner/deep/key", true)]
    [InlineData("/data/cache/key", false)]
    [InlineData("/database/key", false)]
    public void IsOnVolume_Path_GoesByTheDeepestMount(string path, bool expected) => Assert.Equal(expected, SecretFiles.IsOnVolume(path, s_config));

    [Theory]
    [InlineData("", "127.0.0.1 localhost\n::1 localhost\n172.30.0.2 web\n")]
    [InlineData("127.0.0.1 localhost", "127.0.0.1 localhost\n172.30.0.2 web\n")]
    [InlineData("10.0.0.1 a\tweb\n", "10.0.0.1 a\tweb\n")]
    [InlineData("10.0.0.1 a # web\nweb b\n", "10.0.0.1 a # web\nweb b\n172.30.0.2 web\n")]
    public void Hosts_OfAnImage_GetTheOwnNameWhereItLacks(string before, string after) => Assert.Equal(after, HostsFile.With(before, "web", "172.30.0.2"));

    [Fact]
    public void ResolverText_ServersAndDomains_AreLinesOfResolvConf() => Assert.Equal(
        "nameserver 172.30.0.1\nnameserver fd00::1\nsearch local.mvm example.org\n",
        NetworkSetup.ResolverText(new GuestNetworkConfig([], ["172.30.0.1", "fd00::1"], ["local.mvm", "example.org"])));

    [Fact]
    public void Messages_OfRtnetlink_AreLaidOutAsTheKernelReadsThem()
    {
        ParsedAddress address = ParsedAddress.Parse("172.30.0.2", "address");
        Assert.Equal("28000000 1400 0505 00000000 00000000 02 20 00 00 03000000 0800 0200 AC1E0002 0800 0100 AC1E0002", Hex(NetworkSetup.Address(3, address, 32).Bytes, 4, 2, 2, 4, 4, 1, 1, 1, 1, 4, 2, 2, 4, 2, 2, 4));
        Assert.Equal("2C000000 1800 0505 00000000 00000000 02 00 00 00 FE 04 00 01 04000000 0800 0500 AC1E0002 0800 0400 03000000", Hex(NetworkSetup.DefaultRoute(3, address).Bytes, 4, 2, 2, 4, 4, 1, 1, 1, 1, 1, 1, 1, 1, 4, 2, 2, 4, 2, 2, 4));
        Assert.Equal("28000000 1000 0500 00000000 00000000 00000000 03000000 01000000 01000000 0800 0400 78050000", Hex(NetworkSetup.Link(3, 1400).Bytes, 4, 2, 2, 4, 4, 4, 4, 4, 4, 2, 2, 4));
        ParsedAddress gateway = ParsedAddress.Parse("fd00::1", "gateway");
        Assert.Equal("38000000 1800 0505 00000000 00000000 0A 80 00 00 FE 04 00 01 00000000 1400 0100 FD000000000000000000000000000001 0800 0400 03000000", Hex(NetworkSetup.RouteToGateway(3, gateway).Bytes, 4, 2, 2, 4, 4, 1, 1, 1, 1, 1, 1, 1, 1, 4, 2, 2, 16, 2, 2, 4));
    }

    [Theory]
    [InlineData("172.30.0")]
    [InlineData("fd00::g")]
    [InlineData("web")]
    [InlineData("")]
    public void Parse_NoAddress_IsRefusedByName(string text) => Assert.Equal(
        $"gateway: expected an IPv4 or IPv6 address, found '{text}'", Assert.Throws<WorkloadException>(() => ParsedAddress.Parse(text, "gateway")).Message);

    private static string Hex(ReadOnlySpan<byte> bytes, params ReadOnlySpan<int> parts)
    {
        List<string> text = [];
        foreach (int part in parts)
        {
            text.Add(Convert.ToHexString(bytes[..part]));
            bytes = bytes[part..];
        }

        Assert.Equal(0, bytes.Length);
        return string.Join(' ', text);
    }
}
