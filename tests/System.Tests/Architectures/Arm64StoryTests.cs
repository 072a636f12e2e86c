using MicroVm.Shared.Contracts.Api;
using MicroVm.SystemTests.Updates;
using MicroVm.TestKit;

namespace MicroVm.SystemTests.Architectures;

/// <summary>The story on aarch64, with the same manifest and the same image.</summary>
public sealed class Arm64StoryTests(Arm64StoryFixture story) : DeviceStory(story), IClassFixture<Arm64StoryFixture>
{
    private readonly Arm64StoryFixture _story = story;

    [Fact]
    public async Task Workload_OfTheSharedImage_RunsOnAnArm64Kernel()
    {
        LogEntryView line = (await _story.Client.GetLogsAsync(_story.DeviceId, StoryFixture.Deployment, 20)).Last(static entry => entry.Stream == "stdout");

        Assert.Contains("arm64", line.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Mvm_OfAarch64_ShowsTheDevice()
    {
        Mvm mvm = Mvm.Of(Artifacts.Of("aarch64", "mvm"), _story.ControlPlane, isEmulated: true);

        Assert.Contains(_story.DeviceId, await mvm.MustAsync("devices"), StringComparison.Ordinal);
        Assert.Contains(StoryFixture.Deployment, await mvm.MustAsync("get", "deployment"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task AgentRelease_TakesOverAndVmsLiveOn()
    {
        const string Version = "0.1.1";
        IReadOnlyList<int> vmms = await _story.Device.VmmPidsAsync();
        int from = _story.Device.AgentLog.Count;
        string artifact = await AgentReleaseBench.GoodAsync(_story.Folder, Version, _story.Architecture);

        await _story.Mvm.MustAsync("agent", "releases", "push", Version, "--arch", $"{_story.Architecture}={artifact}");
        await _story.Mvm.MustAsync("agent", "update", Version, "--device", _story.DeviceId);
        await _story.Device.AgentLog.WaitForAsync($"the trial of agent {Version} is over: it works and stays", DeviceFixture.RunningLimit, from);

        Assert.Equal(vmms, await _story.Device.VmmPidsAsync());
        Assert.StartsWith(
            "/var/lib/microvm/slots/", (await _story.Device.RunAsync("readlink -f /proc/$(pidof microvm-agent)/exe")).Succeeded(), StringComparison.Ordinal);
        await _story.WaitUntilCompleteAsync("report after the update");
    }
}
