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
