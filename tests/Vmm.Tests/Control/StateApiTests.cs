using MicroVm.Vmm.Control;
using MicroVm.Vmm.Diagnostics;
using MicroVm.Vmm.Interop.Linux;

namespace MicroVm.Vmm.Tests.Control;

public sealed class StateApiTests : IDisposable
{
    private readonly ApiClientOfTests _api = new();

    public void Dispose() => _api.Dispose();

    private void Start()
    {
        Assert.Equal(204, _api.Request("PUT", "/boot-source", """{"kernel_image_path": "/k"}""").Status);
        Assert.Equal(204, _api.Request("PUT", "/actions", """{"action_type":"InstanceStart"}""").Status);
    }

    [Fact]
    public void PatchVm_PausedThenResumed_IsDoneAndShown()
    {
        Start();
        Assert.Equal((204, ""), _api.Request("PATCH", "/vm", """{"state":"Paused"}"""));
        Assert.Contains("\"state\":\"Paused\"", _api.Request("GET", "/").Body, StringComparison.Ordinal);
        Assert.Equal((204, ""), _api.Request("PATCH", "/vm", """{"state":"Resumed"}"""));
        Assert.Contains("\"state\":\"Running\"", _api.Request("GET", "/").Body, StringComparison.Ordinal);
        Assert.Equal(["pause", "resume"], _api.Vm.Calls);
    }

    [Theory]
    [InlineData("""{"state":"Running"}""", "vm.state")]
    [InlineData("""{}""", "vm.state")]
    [InlineData("""{"state":"Paused","x":1}""", "unknown field")]
    public void PatchVm_WhatIsWrong_Is400(string body, string reason)
    {
        Start();
        (int status, string answer) = _api.Request("PATCH", "/vm", body);
        Assert.Equal(400, status);
        Assert.Contains(reason, answer, StringComparison.Ordinal);
        Assert.Empty(_api.Vm.Calls);
    }

    [Fact]
    public void Metrics_PutThenFlushed_ReachTheProcess()
    {
        Assert.Contains("before starting", _api.Request("PUT", "/actions", """{"action_type":"FlushMetrics"}""").Body, StringComparison.Ordinal);
        Assert.Contains("metrics.metrics_path", _api.Request("PUT", "/metrics", "{}").Body, StringComparison.Ordinal);
        Assert.Equal((204, ""), _api.Request("PUT", "/metrics", """{"metrics_path":"/m"}"""));
        Start();
        Assert.Equal((204, ""), _api.Request("PUT", "/actions", """{"action_type":"FlushMetrics"}"""));
        Assert.Equal(["metrics to /m", "flush metrics"], _api.Vm.Calls);
    }

    [Fact]
    public void PatchMachine_SomeFields_KeepsTheOthers()
    {
        Assert.Equal(204, _api.Request("PUT", "/machine-config", """{"vcpu_count":2,"mem_size_mib":64,"huge_pages":"Transparent"}""").Status);
        Assert.Equal((204, ""), _api.Request("PATCH", "/machine-config", """{"mem_size_mib":96,"smt":true,"track_dirty_pages":true}"""));
        Assert.Equal(
            (200, """{"vcpu_count":2,"mem_size_mib":96,"smt":true,"track_dirty_pages":true,"huge_pages":"Transparent"}"""),
            _api.Request("GET", "/machine-config"));
    }

    [Theory]
    [InlineData("""{"vcpu_count":3,"smt":true}""", "must be 1 or an even number if SMT is enabled.")]
    [InlineData("""{"mem_size_mib":8}""", "smaller than the previously set balloon device target size.")]
    [InlineData("""{"mem_size_mib":0}""", "Machine config error: The memory size (MiB) is either 0, or not a multiple of the configured page size.")]
    [InlineData("""{"huge_pages":"4K"}""", "machine-config.huge_pages")]
    [InlineData("""{"cpus":1}""", "unknown field")]
    public void PatchMachine_WhatIsWrong_Is400AndChangesNothing(string body, string reason)
    {
        _api.Request("PUT", "/balloon", """{"amount_mib":16,"deflate_on_oom":true}""");
        Assert.Contains(reason, _api.Request("PATCH", "/machine-config", body).Body, StringComparison.Ordinal);
        Assert.Contains("\"vcpu_count\":1,\"mem_size_mib\":128,\"smt\":false", _api.Request("GET", "/machine-config").Body, StringComparison.Ordinal);
    }

    [Fact]
    public void PatchMachine_AfterTheStart_Is400()
    {
        Start();
        Assert.Contains("after starting", _api.Request("PATCH", "/machine-config", """{"mem_size_mib":96}""").Body, StringComparison.Ordinal);
    }

    [Fact]
    public void PatchVm_BeforeTheStart_Is400() =>
        Assert.Contains("before starting", _api.Request("PATCH", "/vm", """{"state":"Paused"}""").Body, StringComparison.Ordinal);

    [Fact]
    public void Patch_OfNoEndpoint_Is400() =>
        Assert.Contains("Invalid request method and/or path: PATCH actions.", _api.Request("PATCH", "/actions", "{}").Body, StringComparison.Ordinal);

    [Theory]
    [InlineData("PUT", "/machine-config", null, "Empty PUT request.")]
    [InlineData("PATCH", "/machine-config", "{}", "Empty PATCH request.")]
    [InlineData("PATCH", "/vm", null, "Empty PATCH request.")]
    [InlineData("GET", "/machine-config", "{}", "GET request cannot have a body.")]
    [InlineData("PUT", "/drives/", "{}", "The ID cannot be empty.")]
    [InlineData("PATCH", "/drives", "{}", "The ID cannot be empty.")]
    [InlineData("PUT", "/network-interfaces/a-b", "{}", "API Resource IDs can only contain alphanumeric characters and underscores.")]
    [InlineData("PUT", "/snapshot", "{}", "Missing snapshot operation type.")]
    [InlineData("PUT", "/snapshot/x", "{}", "Invalid request method and/or path: PUT /snapshot/x.")]
    [InlineData("PUT", "/mmds/x", "{}", "Unrecognized PUT request path `x`.")]
    [InlineData("GET", "/balloon/x", null, "Unrecognized GET request path `x`.")]
    [InlineData("GET", "/vm", null, "Invalid request method and/or path: GET vm.")]
    [InlineData("PUT", "/pmem/a", "{}", "Invalid request method and/or path: PUT pmem.")]
    [InlineData("GET", "/hotplug/memory", null, "Invalid request method and/or path: GET hotplug.")]
    [InlineData("DELETE", "/drives/a", null, "Invalid request method and/or path: DELETE drives.")]
    [InlineData("PUT", "/entropy", "{", "An error occurred when deserializing the json body of a request: entropy")]
    [InlineData("PATCH", "/vm", """{"state":"Off"}""", "An error occurred when deserializing the json body of a request: vm.state")]
    public void Request_ThatCannotBe_IsFirecrackersRefusal(string method, string target, string? body, string reason)
    {
        (int status, string answer) = _api.Request(method, target, body);
        Assert.Equal(400, status);
        Assert.StartsWith($$"""{"fault_message":"{{reason}}""", answer, StringComparison.Ordinal);
    }

    [Fact]
    public void BootSource_WhoseFilesAreNotThere_IsFirecrackersRefusal()
    {
        _api.Vm.FileFault = new OsFaultException("open", "/k", 2);
        Assert.Equal(
            (400, """{"fault_message":"Boot source error: The kernel file cannot be opened: No such file or directory (os error 2)"}"""),
            _api.Request("PUT", "/boot-source", """{"kernel_image_path": "/k"}"""));
        Assert.Null(_api.Config.BootSource);
    }

    [Theory]
    [InlineData("//machine-config/")]
    [InlineData("/machine-config/x")]
    [InlineData("http://localhost/machine-config")]
    public void Get_OfATargetWithMore_IsLenientAsFirecracker(string target) => Assert.Equal(200, _api.Request("GET", target).Status);

    [Fact]
    public void Logger_Put_TakesEffectAtOnce()
    {
        Assert.Equal((204, ""), _api.Request("PUT", "/logger", """{"level":"Debug","module":"api_server"}"""));
        Assert.Equal([$"logger {new LoggerConfig(Level: LogLevel.Debug, Module: "api_server")}"], _api.Vm.Calls);
    }

    [Theory]
    [InlineData("/vsock", """{"guest_cid":3,"uds_path":"/v","vsock_id":"v"}""", true)]
    [InlineData("/vsock", """{"guest_cid":3,"uds_path":"/v","vsock_id":null}""", false)]
    [InlineData("/machine-config", """{"vcpu_count":1,"mem_size_mib":64,"cpu_template":"None"}""", true)]
    [InlineData("/machine-config", """{"vcpu_count":1,"mem_size_mib":64}""", false)]
    public void Put_WhatIsDeprecated_SaysSo(string target, string body, bool deprecated)
    {
        string answer = _api.RawRequest("PUT", target, body);
        Assert.StartsWith("HTTP/1.1 204 ", answer, StringComparison.Ordinal);
        Assert.Equal(deprecated, answer.Contains("\r\nDeprecation: true\r\n", StringComparison.Ordinal));
    }

    [Fact]
    public void Requests_AreCountedByResource()
    {
        _api.Request("GET", "/");
        _api.Request("PUT", "/machine-config", "{}");
        _api.Request("PATCH", "/machine-config", """{"mem_size_mib":96}""");
        _api.Request("PUT", "/vsock", """{"guest_cid":3,"uds_path":"/v","vsock_id":"v"}""");
        _api.Request("PUT", "/nothing", "{}");
        List<MetricsSection> sections = [];
        _api.Metrics.AddTo(sections);
        Dictionary<string, long> counters = sections.SelectMany(section => section.Counters.Select(counter => ($"{section.Name}.{counter.Name}", counter.Value)))
            .Where(counter => counter.Value != 0).ToDictionary();
        Assert.Equal(
            new Dictionary<string, long>
            {
                ["get_api_requests.instance_info_count"] = 1,
                ["put_api_requests.machine_cfg_count"] = 1,
                ["put_api_requests.machine_cfg_fails"] = 1,
                ["patch_api_requests.machine_cfg_count"] = 1,
                ["put_api_requests.vsock_count"] = 1,
                ["deprecated_api.deprecated_http_api_calls"] = 1,
            },
            counters);
    }

    [Fact]
    public void SendCtrlAltDel_OfARunningVm_ReachesTheKeyboard()
    {
        Start();
        Assert.Equal((204, ""), _api.Request("PUT", "/actions", """{"action_type":"SendCtrlAltDel"}"""));
        Assert.Equal(["ctrl-alt-del"], _api.Vm.Calls);
    }
}
