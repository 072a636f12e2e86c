using System.Net;

namespace MicroVm.SystemTests;

/// <summary>The story on x86_64, and what the control plane says of mistakes.</summary>
[Collection(VirtualDeviceCollection.Name)]
public sealed class StoryTests(StoryFixture story) : DeviceStory(story), IClassFixture<StoryFixture>
{
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
}
