using MicroVm.Vmm.Mmds;

namespace MicroVm.Vmm.Tests.Control;

public sealed class MmdsApiTests : IDisposable
{
    private const string NotInitialized = """{"fault_message":"MMDS error: The MMDS data store is not initialized."}""";

    private readonly ApiClientOfTests _api = new();

    public void Dispose() => _api.Dispose();

    private void AddNetwork() =>
        Assert.Equal(204, _api.Request("PUT", "/network-interfaces/eth0", """{"iface_id":"eth0","host_dev_name":"tap0"}""").Status);

    private void Start()
    {
        Assert.Equal(204, _api.Request("PUT", "/boot-source", """{"kernel_image_path": "/k"}""").Status);
        Assert.Equal(204, _api.Request("PUT", "/actions", """{"action_type":"InstanceStart"}""").Status);
    }

    [Fact]
    public void Metadata_PutPatchedAndGot_IsWhatItBecame()
    {
        Assert.Equal((200, "{}"), _api.Request("GET", "/mmds"));
        Assert.Equal((400, NotInitialized), _api.Request("PATCH", "/mmds", """{"a":1}"""));
        Assert.Equal((204, ""), _api.Request("PUT", "/mmds", """{"latest":{"b":"x","a":1}}"""));
        Assert.Equal((204, ""), _api.Request("PATCH", "/mmds", """{"latest":{"b":null,"c":["\u00e4"]}}"""));
        Assert.Equal((200, """{"latest":{"a":1,"c":["ä"]}}"""), _api.Request("GET", "/mmds"));
    }

    [Theory]
    [InlineData("PUT")]
    [InlineData("PATCH")]
    public void Metadata_TooLarge_Is413AndChangesNothing(string method)
    {
        using var api = new ApiClientOfTests(metadataLimit: 21);
        Assert.Equal((204, ""), api.Request("PUT", "/mmds", """ {"a":"0123456789abc"} """));
        Assert.Equal(
            (413, """{"fault_message":"MMDS limit exceeded error: The MMDS patch request doesn't fit."}"""),
            api.Request(method, "/mmds", """{"b":"0123456789abcd"}"""));
        Assert.Equal((200, """{"a":"0123456789abc"}"""), api.Request("GET", "/mmds"));
    }

    [Theory]
    [InlineData("PUT", "{")]
    [InlineData("PATCH", "[1")]
    public void Metadata_ThatIsNoJson_Is400(string method, string body)
    {
        (int status, string answer) = _api.Request(method, "/mmds", body);
        Assert.Equal(400, status);
        Assert.StartsWith(
            """{"fault_message":"An error occurred when deserializing the json body of a request: mmds""", answer, StringComparison.Ordinal);
    }

    [Fact]
    public void Config_PutThenStart_IsHandedOnAndShown()
    {
        Assert.Contains("\"mmds-config\":null", _api.Request("GET", "/vm/config").Body, StringComparison.Ordinal);
        AddNetwork();
        string answer = _api.RawRequest("PUT", "/mmds/config", """{"network_interfaces":["eth0"],"version":"V2","imds_compat":true}""");
        Assert.StartsWith("HTTP/1.1 204 ", answer, StringComparison.Ordinal);
        Assert.DoesNotContain("Deprecation", answer, StringComparison.Ordinal);
        Assert.Contains(
            """mmds-config":{"version":"V2","network_interfaces":["eth0"],"ipv4_address":"169.254.169.254","imds_compat":true}""",
            _api.Request("GET", "/vm/config").Body,
            StringComparison.Ordinal);
        Start();
        Assert.Equal((MmdsVersion.V2, true), (_api.Vm.Started[0].Mmds!.Version, _api.Vm.Started[0].Mmds!.ImdsCompat));
        Assert.Equal((204, ""), _api.Request("PUT", "/mmds", """{"a":1}"""));
        Assert.Equal((200, """{"a":1}"""), _api.Request("GET", "/mmds"));
        Assert.Contains("after starting", _api.Request("PUT", "/mmds/config", """{"network_interfaces":["eth0"]}""").Body, StringComparison.Ordinal);
    }

    [Fact]
    public void Config_OfVersion1_IsDeprecated()
    {
        AddNetwork();
        Assert.Contains(
            "\r\nDeprecation: true\r\n", _api.RawRequest("PUT", "/mmds/config", """{"network_interfaces":["eth0"]}"""), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"network_interfaces":[]}""", "MMMDS config error: The list of network interface IDs that allow forwarding MMDS requests is empty.")]
    [InlineData("""{"network_interfaces":["eth0","eth1"]}""", "MMMDS config error: The list of network interface IDs provided contains at least one ID that does not correspond to any existing network interface.")]
    [InlineData("""{"network_interfaces":["eth0"],"ipv4_address":"1.1.1.1"}""", "MMMDS config error: The MMDS IPv4 address is not link local.")]
    [InlineData("""{"network_interfaces":["eth0"],"ipv4_address":"169.254.0.9"}""", "MMMDS config error: The MMDS IPv4 address is not link local.")]
    [InlineData("""{"version":"V2"}""", "An error occurred when deserializing the json body of a request: mmds-config.network_interfaces")]
    public void Config_WhatIsWrong_IsFirecrackersRefusal(string body, string reason)
    {
        AddNetwork();
        (int status, string answer) = _api.Request("PUT", "/mmds/config", body);
        Assert.Equal(400, status);
        Assert.StartsWith($$"""{"fault_message":"{{reason}}""", answer, StringComparison.Ordinal);
        Assert.Null(_api.Config.Mmds);
    }

    [Fact]
    public void Metadata_OfAVmThatCannotReadIt_IsNotInitialized()
    {
        _api.Request("PUT", "/mmds", """{"a":1}""");
        Start();
        Assert.Equal((400, NotInitialized), _api.Request("GET", "/mmds"));
        Assert.Equal((400, NotInitialized), _api.Request("PUT", "/mmds", "{}"));
        Assert.Equal((400, NotInitialized), _api.Request("PATCH", "/mmds", "{}"));
    }
}
