using System.Net;
using MicroVm.Shared.Contracts.Api;

namespace MicroVm.SystemTests;

/// <summary>The story on x86_64, and what the control plane says of mistakes.</summary>
public sealed partial class StoryTests(StoryFixture story) : DeviceStory(story), IClassFixture<StoryFixture>
{
    private const string Strategy = "\n  strategy: {soakSeconds: 1, healthGate: {readySeconds: 2}}";
    private static readonly TimeSpan s_removalLimit = TimeSpan.FromSeconds(120);

    private readonly StoryFixture _story = story;

    [Theory]
    [InlineData("memory: 128MB", "spec.workload.memory")]
    [InlineData("memroy: 128MiB", "spec.workload.memroy")]
    [InlineData("vcpus: many", "spec.workload.vcpus")]
    public async Task ManifestWithAMistake_IsRefusedWithTheFieldsPath_NothingIsStored(string line, string path)
    {
        using HttpResponseMessage answer = await _story.Client.ApplyAsync(Manifest("mistake", "hello:1", line));
        string problem = await answer.Content.ReadAsStringAsync();
        Assert.InRange(answer.StatusCode, HttpStatusCode.BadRequest, HttpStatusCode.UnprocessableEntity);
        Assert.Contains($"\"{path}\"", problem, StringComparison.Ordinal);
        Assert.DoesNotContain("mistake", await _story.Mvm.MustAsync("get", "deployment", "-o", "json"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task ManifestWithAMissingImage_IsRefused()
    {
        using HttpResponseMessage answer = await _story.Client.ApplyAsync(Manifest("mistake", "nothing:7", "vcpus: 1"));
        Assert.False(answer.IsSuccessStatusCode);
        Assert.Contains("spec.workload.image", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task BadRevision_FailsOnTheDevice_TheGoodOneRunsAgainAndTheOperatorReadsWhy()
    {
        await ApplySecondAsync("good", Strategy);
        await _story.Client.WatchDeploymentAsync("second", "good revision", StoryFixture.RunningLimit, static view => view.Rollout?.Phase == "Complete");

        using HttpResponseMessage answer = await _story.Client.ApplyAsync(
            Manifest("second", "hello:1", "args: [\"/bin/sh\", \"-c\", \"echo this is bad; exit 3\"]\n    memory: 96MiB") + Strategy);
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
        DeploymentView back = await _story.Client.WatchDeploymentAsync(
            "second", "good revision again", 2 * StoryFixture.RunningLimit, static view => view is { State: "RolledBack", Ready: 1 });

        Assert.Equal((2, 1), (back.Rollout!.Revision, Assert.Single(back.Devices).Revision));
        Assert.StartsWith($"1 of 1 devices failed (the limit is 1): {_story.DeviceId}: its workload was started again", back.Rollout.Reason);
        Assert.Contains(back.Rollout.Reason, await _story.Mvm.MustAsync("get", "deployment", "second"), StringComparison.Ordinal);
        int from = _story.Device.AgentLog.Count;
        await _story.Mvm.MustAsync("delete", "deployment", "second");
        await _story.Device.AgentLog.WaitForAsync("second: removed", s_removalLimit, from);
    }
}
