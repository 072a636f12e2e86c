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
        Assert.Contains("\"metrics\":{\"metrics_path\":\"/m\"}", _api.Request("GET", "/vm/config").Body, StringComparison.Ordinal);
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
    [InlineData("""{"vcpu_count":3,"smt":true}""", "even number with smt")]
    [InlineData("""{"mem_size_mib":8}""", "balloon.amount_mib")]
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
        Assert.Contains("Invalid request method", _api.Request("PATCH", "/actions", "{}").Body, StringComparison.Ordinal);

    [Fact]
    public void SendCtrlAltDel_OfARunningVm_ReachesTheKeyboard()
    {
        Start();
        Assert.Equal((204, ""), _api.Request("PUT", "/actions", """{"action_type":"SendCtrlAltDel"}"""));
        Assert.Equal(["ctrl-alt-del"], _api.Vm.Calls);
    }
}
