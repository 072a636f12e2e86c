using System.Text.Json;
using MicroVm.EdgeAgent.Doctor;

namespace MicroVm.EdgeAgent.Tests.Doctor;

public sealed class AgentChecksTests
{
    [Fact]
    public void Judge_AgentThatIsConnectedAndRunsEverything_FindsNothing()
    {
        IReadOnlyList<CheckResult> results = AgentChecks.Judge(Status(), [Vm("web", "Running"), Vm("once", "Completed")]);

        Assert.All(results, static result => Assert.Equal(CheckStatus.Ok, result.Status));
        Assert.Equal(["agent", "control-plane", "certificate", "desired-state", "changes", "agent-update", "images", "vms"], results.Select(static result => result.Name));
    }

    [Theory]
    [InlineData("\"connected\":true", "\"connected\":false", "control-plane", "not connected since 2026-03-01T10:00:00Z: Connection refused")]
    [InlineData("\"enrolled\":true", "\"enrolled\":false", "certificate", "until 2026")]
    [InlineData("2026-04-01", "2026-02-28", "certificate", "one that ended at 2026-02-28T00:00:00Z; the clock says 2026-03-01T12:00:00Z")]
    [InlineData("2026-01-01", "2026-03-02", "certificate", "one that begins at 2026-03-02T00:00:00Z")]
    [InlineData("\"refusal\":\"\"", "\"refusal\":\"too old\"", "desired-state", "refused: too old")]
    [InlineData("\"paused\":null", "\"paused\":\"by uid 0\"", "changes", "paused by uid 0")]
    [InlineData("\"phase\":\"Current\",\"message\":\"\"", "\"phase\":\"Failed\",\"message\":\"it did not stay up\"", "agent-update", "9.0.0, failed: it did not stay up")]
    [InlineData("\"update\"", "\"older\"", "agent-update", "none is named")]
    [InlineData("\"complete\":true", "\"complete\":false", "images", "none of app:1")]
    public void Judge_SomethingElse_SaysWhat(string was, string isNow, string check, string found)
    {
        string text = Status().GetRawText().Replace(was, isNow, StringComparison.Ordinal);
        CheckResult result = AgentChecks.Judge(JsonDocument.Parse(text).RootElement, []).Single(one => one.Name == check);
        Assert.Contains(found, result.Found, StringComparison.Ordinal);
        Assert.NotEqual(CheckStatus.Fail, result.Status);
    }

    [Fact]
    public void Judge_VmsThatDoNotRun_AreNamedWithTheirReasons()
    {
        JsonElement[] vms = [Vm("web", "BackOff", "NoSpace", "expected 5 bytes"), .. Enumerable.Range(0, 6).Select(static i => Vm($"vm-{i}", "Pending"))];
        CheckResult result = AgentChecks.Judge(Status(), vms).Single(static one => one.Name == "vms");
        Assert.Equal(CheckStatus.Warn, result.Status);
        Assert.StartsWith("web BackOff NoSpace expected 5 bytes; vm-0 Pending; ", result.Found, StringComparison.Ordinal);
        Assert.EndsWith("; and 2 more", result.Found, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Ask_WhereNoAgentIs_IsAWarning()
    {
        CheckResult result = Assert.Single(await DoctorCommand.AskAsync("/nowhere/agent.sock"));
        Assert.Equal(("agent", CheckStatus.Warn), (result.Name, result.Status));
        Assert.Contains("no agent answers there", result.Found, StringComparison.Ordinal);
    }

    private static JsonElement Status() => JsonDocument.Parse(
        """
        {"agent":"1.0","update":{"version":"9.0.0","phase":"Current","message":""},"generation":7,"connected":true,"controlPlane":"cp:8883","paused":null,"images":[{"name":"app:1","complete":true}],
        "host":{"time":"2026-03-01T12:00:00Z"},
        "link":{"since":"2026-03-01T10:00:00Z","fault":"Connection refused","enrolled":true,"certificateFrom":"2026-01-01T00:00:00Z","certificateUntil":"2026-04-01T00:00:00Z","identityFault":"","refusal":""}}
        """).RootElement;

    private static JsonElement Vm(string name, string phase, string reason = "", string message = "") =>
        JsonDocument.Parse($$"""{"name":"{{name}}","phase":"{{phase}}","reason":"{{reason}}","message":"{{message}}"}""").RootElement;
}
