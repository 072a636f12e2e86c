using MicroVm.Shared.Contracts.Api;

namespace MicroVm.ControlPlane.Tests.Cli;

public sealed class RolloutCommandTests
{
    private static readonly RolloutView s_rollout = new(
        2, 1, "Soaking", false, "", 1, 3, "canary (1)", 20, 18, 0, 0, 1, 0, DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch, null);

    [Theory]
    [InlineData("pause")]
    [InlineData("resume")]
    [InlineData("approve")]
    [InlineData("promote")]
    [InlineData("abort")]
    [InlineData("rollback")]
    public async Task Verb_IsSentAndTheStateShown(string verb)
    {
        await using FakeControlPlane server = await FakeControlPlane.StartAsync(
            Views.Deployment("Progressing", 1) with { Rollout = s_rollout }, ApiJsonContext.Default.DeploymentView);

        CliRun run = await CliRun.OfAsync(server.Url, "rollout", verb, "hello");

        Assert.Equal((0, "hello revision 2: Progressing at canary (1) of 3 waves, soaking, 1 of 2 ready\n"), (run.Code, run.Out));
        Assert.Equal(("POST", ApiPaths.Rollout("hello", verb)), (server.Received[0].Method, server.Received[0].Path));
    }

    [Theory]
    [InlineData("RolledBack")]
    [InlineData("Paused")]
    public async Task Watch_OfARolloutThatDoesNotGoOn_EndsWithCode4AndSaysWhy(string state)
    {
        DeploymentView view = Views.Deployment(state) with { Rollout = s_rollout with { Reason = "1 of 20 devices failed: edge-3: bad" } };
        await using FakeControlPlane server = await FakeControlPlane.StartAsync(
            (_, response) => FakeControlPlane.WriteEventAsync(response, view, ApiJsonContext.Default.DeploymentView));

        CliRun run = await CliRun.OfAsync(server.Url, "rollout", "status", "hello", "--watch");

        Assert.Equal(4, run.Code);
        Assert.StartsWith($"error: rollout of hello: expected it to complete, found it {state}: 1 of 20 devices failed: edge-3: bad\n", run.Error);
    }

    [Fact]
    public async Task Get_OfADeploymentThatWentBack_ShowsWhy()
    {
        DeploymentView view = Views.Deployment("RolledBack", 2) with
        {
            Rollout = s_rollout with { Phase = "RolledBack", Reason = "1 of 20 devices failed: edge-3: bad" },
        };
        await using FakeControlPlane server = await FakeControlPlane.StartAsync(view, ApiJsonContext.Default.DeploymentView);

        CliRun run = await CliRun.OfAsync(server.Url, "get", "deployment", "hello");

        Assert.Contains("Rollout of revision 2: RolledBack, canary (1) of 3 waves; good before it: revision 1\n", run.Out);
        Assert.Contains("  1 healthy, 0 on their way, 0 failed, 0 away, of 20 devices, 18 online\n  1 of 20 devices failed: edge-3: bad\n", run.Out);
    }

    [Fact]
    public async Task DryRun_ShowsChangesAndThePlan()
    {
        ApplyResult result = new("Deployment", "hello", 2, "updated", ["a", "b"])
        {
            Changes = ["workload.image: \"hello:1\" -> \"hello:2\""],
            Plan = [new PlannedDeviceView("a", "canary (1)", "revision 1 to 2", true), new PlannedDeviceView("b", "", "is away: gets what is current when it comes", false)],
        };
        await using FakeControlPlane server = await FakeControlPlane.StartAsync(
            new ListView<ApplyResult>([result]), ApiJsonContext.Default.ListViewApplyResult);

        CliRun run = await CliRun.WithInputAsync(server.Url, "kind: Deployment", "apply", "--dry-run", "-f", "-");

        Assert.Equal("deployment/hello updated, revision 2, selects 2 devices (dry run)", run.OutLines[0]);
        Assert.Equal("  workload.image: \"hello:1\" -> \"hello:2\"", run.OutLines[1]);
        Assert.StartsWith("a       online   canary (1)  revision 1 to 2", run.OutLines[3]);
        Assert.StartsWith("b       offline  -           is away", run.OutLines[4]);
    }
}
