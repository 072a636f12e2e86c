using MicroVm.Vmm.Control;

namespace MicroVm.Vmm.Tests.Control;

public sealed class NetworkApiTests : IDisposable
{
    private const string Interface =
        """{"iface_id":"eth0","host_dev_name":"tap0","guest_mac":"06:00:ac:10:00:02","mtu":1500,"rx_rate_limiter":null,"tx_rate_limiter":null}""";

    private readonly ApiClientOfTests _api = new();

    public void Dispose() => _api.Dispose();

    private void Start()
    {
        Assert.Equal(204, _api.Request("PUT", "/boot-source", """{"kernel_image_path": "/k"}""").Status);
        Assert.Equal(204, _api.Request("PUT", "/actions", """{"action_type":"InstanceStart"}""").Status);
    }

    [Fact]
    public void Put_ThenStart_HandsTheInterfaceOn()
    {
        Assert.Equal((204, ""), _api.Request("PUT", "/network-interfaces/eth0", Interface));
        Assert.Contains($"\"network-interfaces\":[{Interface}]", _api.Request("GET", "/vm/config").Body, StringComparison.Ordinal);
        Start();
        Assert.Equal(
            [new NetworkInterfaceConfig("eth0", "tap0", new MacAddress(0x0600_ac10_0002), 1500)], _api.Vm.Started[0].NetworkInterfaces);
        Assert.Equal(400, _api.Request("PUT", "/network-interfaces/eth0", Interface).Status);
    }

    [Fact]
    public void Put_WithAnotherIdThanThePath_Is400() =>
        Assert.Contains(
            "The id from the path [eth1] does not match the id from the body [eth0]!",
            _api.Request("PUT", "/network-interfaces/eth1", Interface).Body,
            StringComparison.Ordinal);

    [Fact]
    public void Put_WithAnAddressInUse_IsFirecrackersRefusal()
    {
        _api.Request("PUT", "/network-interfaces/eth0", Interface);
        Assert.Equal(
            (400, """{"fault_message":"Network config error: The MAC address is already in use: 06:00:ac:10:00:02"}"""),
            _api.Request("PUT", "/network-interfaces/eth1", Interface.Replace("eth0", "eth1", StringComparison.Ordinal)));
    }

    [Fact]
    public void Patch_OfARunningVm_ChangesTheBucketsItHas()
    {
        const string Patch = """{"iface_id":"eth0","rx_rate_limiter":{"ops":{"size":5,"refill_time":100}}}""";
        _api.Request("PUT", "/network-interfaces/eth0", """{"iface_id":"eth0","host_dev_name":"tap0","rx_rate_limiter":{"bandwidth":{"size":9,"refill_time":8}}}""");
        Assert.Contains("before starting", _api.Request("PATCH", "/network-interfaces/eth0", Patch).Body, StringComparison.Ordinal);
        Start();
        Assert.Equal((204, ""), _api.Request("PATCH", "/network-interfaces/eth0", Patch));
        Assert.Equal(
            $"limits of eth0: rx {new RateLimiterConfig(null, new TokenBucketConfig(5, null, 100))}, tx ", Assert.Single(_api.Vm.Calls));
        Assert.Contains(
            """rx_rate_limiter":{"bandwidth":{"size":9,"one_time_burst":null,"refill_time":8},"ops":{"size":5,"one_time_burst":null,"refill_time":100}}""",
            _api.Request("GET", "/vm/config").Body,
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{}", "null")]
    [InlineData("""{"bandwidth":{"size":0,"refill_time":8},"ops":null}""", "null")]
    [InlineData("""{"bandwidth":{"size":0,"refill_time":8},"ops":{"size":1,"refill_time":8}}""", """{"bandwidth":null,"ops":{"size":1,"one_time_burst":null,"refill_time":8}}""")]
    public void Limits_ThatAreNone_AreShownAsNull(string limits, string shown)
    {
        _api.Request("PUT", "/network-interfaces/eth0", $$"""{"iface_id":"eth0","host_dev_name":"tap0","tx_rate_limiter":{{limits}}}""");
        Assert.Contains($"\"tx_rate_limiter\":{shown}", _api.Request("GET", "/vm/config").Body, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("eth0", """{"iface_id":"eth0","host_dev_name":"tap1"}""", "unknown field")]
    [InlineData("eth0", """{"iface_id":"eth1"}""", "does not match")]
    [InlineData("eth1", """{"iface_id":"eth1"}""", "an interface of this VM")]
    [InlineData("eth0", "{}", "iface_id")]
    public void Patch_WhatIsWrong_Is400AndChangesNothing(string id, string body, string reason)
    {
        _api.Request("PUT", "/network-interfaces/eth0", Interface);
        Start();
        (int status, string answer) = _api.Request("PATCH", $"/network-interfaces/{id}", body);
        Assert.Equal(400, status);
        Assert.Contains(reason, answer, StringComparison.Ordinal);
        Assert.Empty(_api.Vm.Calls);
    }
}
