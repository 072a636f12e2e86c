using System.Net;
using System.Text.Json;
using MicroVm.ControlPlane.Grains;
using MicroVm.ControlPlane.Host.Storage;
using MicroVm.ControlPlane.Host.Storage.Grains;
using MicroVm.ControlPlane.Tests.Kit;
using MicroVm.Shared.Contracts.Api;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Storage;

namespace MicroVm.ControlPlane.Tests.Rollouts;

/// <summary>Rollouts over a real host, real MQTT connections and real HTTP.</summary>
public sealed class RolloutStoryTests
{
    private const int DeviceCount = 20;

    private const string Strategy = """
          strategy:
            canary: {count: 1}
            waves: [25%]
            maxUnavailable: 5
            soakSeconds: 0
            healthGate: {readySeconds: 0}
            progressDeadlineSeconds: 60
            offlineDeadlineSeconds: 60
        """;

    [Fact]
    public async Task BadVersion_FailsOnItsCanary_AndTheOldOneRunsEverywhereAgain()
    {
        await using RunningControlPlane controlPlane = await RunningControlPlane.StartAsync();
        await using FakeFleet fleet = new(DeviceCount);
        await fleet.ConnectAsync(controlPlane);
        await controlPlane.ApplyAsync(Manifest("one"));
        await controlPlane.WatchUntilAsync("hello", view => view.Rollout?.Phase == "Complete" && view.Ready == DeviceCount);

        await controlPlane.ApplyAsync(Manifest("bad"));
        DeploymentView back = await controlPlane.WatchUntilAsync("hello", view => view.State == "RolledBack" && view.Ready == DeviceCount);

        string canary = Assert.Single(fleet.SawBad).Key;
        Assert.Equal($"1 of 20 devices failed (the limit is 1): {canary}: WorkloadFailed: bad", back.Rollout!.Reason);
        Assert.Equal((2, 2, 1), (back.Revision, back.Rollout.Revision, back.Rollout.GoodRevision));
        Assert.All(fleet.Versions, version => Assert.Equal("one", version));

        // A failed rollout never blocks the next.
        await controlPlane.ApplyAsync(Manifest("three"));
        DeploymentView next = await controlPlane.WatchUntilAsync("hello", view => view.Rollout?.Phase == "Complete" && view.Ready == DeviceCount);
        Assert.Equal((3, 3, "Complete"), (next.Revision, next.Rollout!.Revision, next.State));
        Assert.All(fleet.Versions, version => Assert.Equal("three", version));
    }

    /// <summary>
    /// The same with a process that dies after each number of durable steps, and another one that goes on from its disk.
    /// </summary>
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    [InlineData(8)]
    public async Task BadVersion_ControlPlaneKilledAfterSomeSteps_EndsTheSame(int steps)
    {
        string directory = RunningControlPlane.NewDirectory();
        await using FakeFleet fleet = new(DeviceCount);
        await using (RunningControlPlane first = await RunningControlPlane.StartAsync(directory))
        {
            await fleet.ConnectAsync(first);
            await first.ApplyAsync(Manifest("one"));
            await first.WatchUntilAsync("hello", view => view.Rollout?.Phase == "Complete" && view.Ready == DeviceCount);
        }

        DyingStorage? storage = null;
        await using (RunningControlPlane dying = await RunningControlPlane.StartAsync(directory, replace: services => services.AddKeyedSingleton<IGrainStorage>(
            GrainStates.Provider,
            (provider, _) => storage = new DyingStorage(new SqliteGrainStorage(provider.GetRequiredService<Database>()), steps))))
        {
            await fleet.ConnectAsync(dying);
            using HttpResponseMessage applied = await dying.SendAsync(HttpMethod.Post, ApiPaths.Apply, Manifest("bad"));
            Assert.Equal(steps == 0 ? HttpStatusCode.InternalServerError : applied.StatusCode, applied.StatusCode);
            await Task.WhenAny(storage!.Died, IsOverAsync(dying)).Within("end of the process");
        }

        await using RunningControlPlane second = await RunningControlPlane.StartAsync(directory);
        await fleet.ConnectAsync(second);
        await second.ApplyAsync(Manifest("bad"));
        DeploymentView back = await second.WatchUntilAsync("hello", view => view.State == "RolledBack" && view.Ready == DeviceCount);

        Assert.Single(fleet.SawBad);
        Assert.Equal(2, back.Revision);
        Assert.Contains("WorkloadFailed: bad", back.Rollout!.Reason, StringComparison.Ordinal);
        Assert.All(fleet.Versions, version => Assert.Equal("one", version));

        static Task IsOverAsync(RunningControlPlane controlPlane) => controlPlane.WatchUntilAsync("hello", view => view.State == "RolledBack");
    }

    [Fact]
    public async Task Verbs_OfAnOperator_SteerTheRolloutAndAreRefusedInWords()
    {
        await using RunningControlPlane controlPlane = await RunningControlPlane.StartAsync();
        await using FakeFleet fleet = new(4);
        await fleet.ConnectAsync(controlPlane);
        await controlPlane.ApplyAsync(Manifest("one"));
        await controlPlane.WatchUntilAsync("hello", view => view.Rollout?.Phase == "Complete");
        await controlPlane.ApplyAsync(Manifest("two") + "\n    manualApproval: true");
        await controlPlane.WatchUntilAsync("hello", view => view.State == "AwaitingApproval");

        Assert.Equal("Paused", (await CommandAsync(controlPlane, "pause")).State);
        using HttpResponseMessage refused = await controlPlane.SendAsync(HttpMethod.Post, ApiPaths.Rollout("hello", "approve"));
        Assert.Equal(
            "approve: expected a rollout that awaits approval, found one that is paused",
            (await RunningControlPlane.ProblemAsync(refused, HttpStatusCode.Conflict)).Detail);
        Assert.Equal("AwaitingApproval", (await CommandAsync(controlPlane, "resume")).State);
        await CommandAsync(controlPlane, "approve");
        await controlPlane.WatchUntilAsync("hello", view => view is { State: "AwaitingApproval", Rollout.Wave: 2 });
        await CommandAsync(controlPlane, "promote");
        await controlPlane.WatchUntilAsync("hello", view => view.State == "Complete" && view.Ready == 4);
        Assert.All(fleet.Versions, version => Assert.Equal("two", version));

        await CommandAsync(controlPlane, "rollback");
        DeploymentView back = await controlPlane.WatchUntilAsync("hello", view => view.State == "RolledBack" && view.Ready == 4);
        Assert.Equal("rolled back by an operator", back.Rollout!.Reason);
        Assert.All(fleet.Versions, version => Assert.Equal("one", version));
        using HttpResponseMessage missing = await controlPlane.SendAsync(HttpMethod.Post, ApiPaths.Rollout("other", "pause"));
        Assert.Equal(HttpStatusCode.NotFound, missing.StatusCode);
    }

    [Fact]
    public async Task DryRun_OfAChange_ShowsFieldsDevicesAndWavesAndStoresNothing()
    {
        await using RunningControlPlane controlPlane = await RunningControlPlane.StartAsync();
        await using FakeFleet fleet = new(4);
        await fleet.ConnectAsync(controlPlane);
        await controlPlane.ApplyAsync(Manifest("one"));
        await controlPlane.WatchUntilAsync("hello", view => view.Rollout?.Phase == "Complete");

        using HttpResponseMessage response = await controlPlane.SendAsync(HttpMethod.Post, ApiPaths.Apply + "?dryRun=true", Manifest("two"));
        ApplyResult result = Assert.Single(
            JsonSerializer.Deserialize(await response.Content.ReadAsStringAsync(), ApiJsonContext.Default.ListViewApplyResult)!.Items);

        Assert.Equal(("updated", 2), (result.Action, result.Revision));
        Assert.Equal("workload.args[0]: \"one\" -> \"two\"", Assert.Single(result.Changes!));
        Assert.Equal(["canary (1)", "wave 3 (100%)", "wave 3 (100%)", "wave 3 (100%)"], result.Plan!.Select(device => device.Wave));
        Assert.All(result.Plan!, device => Assert.Equal("revision 1 to 2", device.Change));
        Assert.Equal(1, (await controlPlane.DeploymentAsync("hello")).Revision);
    }

    [Fact]
    public async Task Device_ThatGetsTheLabelsInTheMiddle_RunsTheGoodRevision()
    {
        await using RunningControlPlane controlPlane = await RunningControlPlane.StartAsync();
        await using FakeFleet fleet = new(4);
        await fleet.ConnectAsync(controlPlane);
        await controlPlane.ApplyAsync(Manifest("one"));
        await controlPlane.WatchUntilAsync("hello", view => view.Rollout?.Phase == "Complete");
        await controlPlane.ApplyAsync(Manifest("two") + "\n    manualApproval: true");
        await controlPlane.WatchUntilAsync("hello", view => view.State == "AwaitingApproval");

        await using FakeDevice late = await new FakeDevice("late") { Labels = { ["fleet"] = "all" } }.StartAsync(controlPlane);
        Assert.Equal("one", Assert.Single((await late.NextDesiredAsync()).Vms).Process.Arguments[^1]);
        await CommandAsync(controlPlane, "promote");

        Assert.Equal("two", Assert.Single((await late.NextDesiredAsync()).Vms).Process.Arguments[^1]);
    }

    [Fact]
    public async Task ErrorLines_OverTheGate_FailTheCanary()
    {
        await using RunningControlPlane controlPlane = await RunningControlPlane.StartAsync();
        await using FakeFleet fleet = new(3);
        await fleet.ConnectAsync(controlPlane);
        string strategy = Strategy.Replace("{readySeconds: 0}", "{readySeconds: 20, maxErrorLines: 2}", StringComparison.Ordinal);
        await controlPlane.ApplyAsync(Manifest("one", Strategy));
        await controlPlane.WatchUntilAsync("hello", view => view.Rollout?.Phase == "Complete");
        await controlPlane.ApplyAsync(Manifest("two", strategy));
        await controlPlane.WatchUntilAsync("hello", view => view.Rollout?.OnTheirWay == 1);
        FakeDevice canary = fleet.Devices.Single(device => device.Runs!.Vms[0].Message == "two" || device.Runs.Vms[0].Revision == 2);

        await canary.PublishAsync(Shared.Topics.UplinkKind.Telemetry, new Shared.Contracts.Telemetry.TelemetryBatch
        {
            Header = canary.NextHeader(),
            Vms = [.. Enumerable.Range(1, 2).Select(lines => new Shared.Contracts.Telemetry.VmSample(
                lines, Shared.Identity.ResourceName.Parse("hello"), 0, 0, Shared.Contracts.Reported.VmPhase.Running) { ErrorLines = lines })],
        }.Encode());

        DeploymentView back = await controlPlane.WatchUntilAsync("hello", view => view.State == "RolledBack");
        Assert.EndsWith($"{canary.Id}: its workload wrote more than 2 lines to standard error", back.Rollout!.Reason);
    }

    [Fact]
    public async Task Windows_ForSwitchOverThatAreClosed_HaveTheCanaryFetchAheadAndNothingMore()
    {
        await using RunningControlPlane controlPlane = await RunningControlPlane.StartAsync();
        await using FakeFleet fleet = new(3);
        await fleet.ConnectAsync(controlPlane);
        await controlPlane.ApplyAsync(Manifest("one"));
        await controlPlane.WatchUntilAsync("hello", view => view.Rollout?.Phase == "Complete" && view.Ready == 3);
        ImageView second = controlPlane.Images.Add("hello:2", "root file system two"u8.ToArray());
        DateTime later = DateTime.UtcNow.AddHours(6);
        string windows = $$"""

                windows: {download: [{from: "00:00", to: "24:00"}], switchOver: [{from: "{{later:HH:mm}}", to: "{{later.AddHours(1):HH:mm}}"}]}
            """;

        await controlPlane.ApplyAsync(Manifest("two", Strategy + windows).Replace("hello:1", "hello:2", StringComparison.Ordinal));
        FakeDevice canary = await fleet.FetchesAhead.Within("a canary that fetches ahead");
        Assert.Single(fleet.Devices, device => device.Runs!.Prefetched.Count == 1);
        Assert.Equal(second.Platforms[0].Digest, canary.Runs!.Prefetched[0].Value);
        Assert.All(fleet.Versions, version => Assert.Equal("one", version));

        // Without windows it goes on at once.
        await controlPlane.ApplyAsync(Manifest("two").Replace("hello:1", "hello:2", StringComparison.Ordinal));
        await controlPlane.WatchUntilAsync("hello", view => view.Rollout?.Phase == "Complete" && view.Ready == 3);
        Assert.All(fleet.Devices, device => Assert.Empty(device.Runs!.Prefetched));
    }

    private static async Task<DeploymentView> CommandAsync(RunningControlPlane controlPlane, string verb)
    {
        using HttpResponseMessage response = await controlPlane.SendAsync(HttpMethod.Post, ApiPaths.Rollout("hello", verb));
        string text = await response.Content.ReadAsStringAsync();
        Assert.True(response.StatusCode == HttpStatusCode.OK, text);
        return JsonSerializer.Deserialize(text, ApiJsonContext.Default.DeploymentView)!;
    }

    private static string Manifest(string version, string strategy = Strategy) => $"""
        apiVersion: microvm/v1
        kind: Deployment
        metadata:
          name: hello
        spec:
          selector: fleet=all
          workload:
            kind: Service
            image: hello:1
            args: [{version}]
        {strategy}
        """;
}
