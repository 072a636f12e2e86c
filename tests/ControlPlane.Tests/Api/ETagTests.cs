using System.Net;
using MicroVm.ControlPlane.Tests.Kit;
using MicroVm.Shared.Contracts.Api;

namespace MicroVm.ControlPlane.Tests.Api;

public sealed class ETagTests
{
    [Fact]
    public async Task PutLabels_WithTheCurrentETag_ChangesThemOnce()
    {
        await using RunningControlPlane controlPlane = await RunningControlPlane.StartAsync();
        await using FakeDevice device = await new FakeDevice("edge-1").StartAsync(controlPlane);
        using HttpResponseMessage shown = await controlPlane.SendAsync(HttpMethod.Get, ApiPaths.Device("edge-1"));
        string etag = shown.Headers.ETag!.Tag;

        using HttpResponseMessage first = await PutLabelsAsync(controlPlane, """{"ring":"a"}""", etag);
        using HttpResponseMessage second = await PutLabelsAsync(controlPlane, """{"ring":"b"}""", etag);

        Assert.Equal(HttpStatusCode.OK, first.StatusCode);
        Assert.NotEqual(etag, first.Headers.ETag!.Tag);
        await RunningControlPlane.ProblemAsync(second, HttpStatusCode.PreconditionFailed);
        Assert.Equal("a", (await controlPlane.DeviceAsync("edge-1")).Labels["ring"]);
    }

    [Fact]
    public async Task PutLabels_WithoutIfMatch_IsRefused()
    {
        await using RunningControlPlane controlPlane = await RunningControlPlane.StartAsync();
        await using FakeDevice device = await new FakeDevice("edge-1").StartAsync(controlPlane);

        using HttpResponseMessage response = await PutLabelsAsync(controlPlane, "{}", null);

        await RunningControlPlane.ProblemAsync(response, HttpStatusCode.PreconditionRequired);
    }

    [Theory]
    [InlineData("""{"arch":"x86_64"}""", HttpStatusCode.UnprocessableEntity)]
    [InlineData("""{"a b":"c"}""", HttpStatusCode.UnprocessableEntity)]
    [InlineData("""{"a":null}""", HttpStatusCode.UnprocessableEntity)]
    [InlineData("""{"a":1}""", HttpStatusCode.BadRequest)]
    [InlineData("""["a"]""", HttpStatusCode.BadRequest)]
    [InlineData("{", HttpStatusCode.BadRequest)]
    public async Task PutLabels_ThatAreWrong_IsAProblem(string body, HttpStatusCode expected)
    {
        await using RunningControlPlane controlPlane = await RunningControlPlane.StartAsync();
        await using FakeDevice device = await new FakeDevice("edge-1").StartAsync(controlPlane);

        using HttpResponseMessage response = await PutLabelsAsync(controlPlane, body, "*");

        await RunningControlPlane.ProblemAsync(response, expected);
    }

    [Fact]
    public async Task PutDeployment_NeedsTheCurrentETag()
    {
        await using RunningControlPlane controlPlane = await RunningControlPlane.StartAsync();
        await controlPlane.ApplyAsync(Samples.Manifest());
        string path = ApiPaths.Deployment("hello");
        using HttpResponseMessage shown = await controlPlane.SendAsync(HttpMethod.Get, path);
        string etag = shown.Headers.ETag!.Tag, changed = Samples.Manifest(workload: "vcpus: 2");

        using HttpResponseMessage without = await controlPlane.SendAsync(HttpMethod.Put, path, changed);
        using HttpResponseMessage other = await controlPlane.SendAsync(HttpMethod.Put, path, Samples.Manifest("other"), ifMatch: etag);
        using HttpResponseMessage good = await controlPlane.SendAsync(HttpMethod.Put, path, changed, ifMatch: etag);
        using HttpResponseMessage stale = await controlPlane.SendAsync(HttpMethod.Put, path, changed, ifMatch: etag);

        await RunningControlPlane.ProblemAsync(without, HttpStatusCode.PreconditionRequired);
        await RunningControlPlane.ProblemAsync(other, HttpStatusCode.UnprocessableEntity);
        Assert.Equal(HttpStatusCode.OK, good.StatusCode);
        await RunningControlPlane.ProblemAsync(stale, HttpStatusCode.PreconditionFailed);
        Assert.Equal(2, (await controlPlane.DeploymentAsync("hello")).Revision);
    }

    [Fact]
    public async Task DeleteDeployment_WithAStaleETag_IsRefused_AndAnewOneIsAnother()
    {
        await using RunningControlPlane controlPlane = await RunningControlPlane.StartAsync();
        await controlPlane.ApplyAsync(Samples.Manifest());
        string path = ApiPaths.Deployment("hello");
        using HttpResponseMessage shown = await controlPlane.SendAsync(HttpMethod.Get, path);
        string etag = shown.Headers.ETag!.Tag;

        using HttpResponseMessage stale = await controlPlane.SendAsync(HttpMethod.Delete, path, ifMatch: "\"other\"");
        using HttpResponseMessage deleted = await controlPlane.SendAsync(HttpMethod.Delete, path, ifMatch: etag);
        ApplyResult again = await controlPlane.ApplyAsync(Samples.Manifest());
        using HttpResponseMessage old = await controlPlane.SendAsync(HttpMethod.Delete, path, ifMatch: etag);

        await RunningControlPlane.ProblemAsync(stale, HttpStatusCode.PreconditionFailed);
        Assert.Equal(HttpStatusCode.NoContent, deleted.StatusCode);
        Assert.Equal(("created", 1), (again.Action, again.Revision));
        await RunningControlPlane.ProblemAsync(old, HttpStatusCode.PreconditionFailed);
    }

    private static Task<HttpResponseMessage> PutLabelsAsync(RunningControlPlane controlPlane, string body, string? ifMatch) =>
        controlPlane.SendAsync(HttpMethod.Put, ApiPaths.DeviceLabels("edge-1"), body, "application/json", ifMatch);
}
