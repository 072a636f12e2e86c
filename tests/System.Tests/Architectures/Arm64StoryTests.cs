using MicroVm.Shared.Contracts.Api;
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
}
