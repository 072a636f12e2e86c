using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using MicroVm.ControlPlane.Tests.Kit;
using MicroVm.Shared.Contracts.Api;
using MicroVm.Shared.Contracts.Desired;

namespace MicroVm.ControlPlane.Tests.Api;

public sealed class ImageEndpointTests
{
    [Fact]
    public async Task RootFs_WithARange_SendsThatPart()
    {
        await using RunningControlPlane controlPlane = await RunningControlPlane.StartAsync();
        ImageView image = controlPlane.Images.Add("big:1", [.. Enumerable.Range(0, 100).Select(i => (byte)i)]);
        using HttpRequestMessage request = new(HttpMethod.Get, ApiPaths.ImageRootFs(image.Digest));
        request.Headers.Range = new RangeHeaderValue(90, null);

        using HttpResponseMessage part = await controlPlane.Http.SendAsync(request);
        byte[] whole = await controlPlane.Http.GetByteArrayAsync(new Uri(ApiPaths.ImageRootFs(image.Digest), UriKind.Relative));

        Assert.Equal(HttpStatusCode.PartialContent, part.StatusCode);
        Assert.Equal([90, 91, 92, 93, 94, 95, 96, 97, 98, 99], await part.Content.ReadAsByteArrayAsync());
        Assert.Equal(100, part.Content.Headers.ContentRange!.Length);
        Assert.Equal(100, whole.Length);
    }

    [Fact]
    public async Task RootFs_RangePastTheEnd_IsNotSatisfiable()
    {
        await using RunningControlPlane controlPlane = await RunningControlPlane.StartAsync();
        ImageView image = controlPlane.Images.Add("big:1", new byte[10]);
        using HttpRequestMessage request = new(HttpMethod.Get, ApiPaths.ImageRootFs(image.Digest));
        request.Headers.Range = new RangeHeaderValue(10, null);

        using HttpResponseMessage response = await controlPlane.Http.SendAsync(request);

        Assert.Equal(HttpStatusCode.RequestedRangeNotSatisfiable, response.StatusCode);
    }

    [Fact]
    public async Task Post_Tar_IsImportedUnderItsNameWithATag()
    {
        await using RunningControlPlane controlPlane = await RunningControlPlane.StartAsync();
        using ByteArrayContent tar = new(new byte[2 << 20]);

        using HttpResponseMessage response = await controlPlane.Http.PostAsync(new Uri(ApiPaths.Images + "?name=other", UriKind.Relative), tar);

        ImageView image = JsonSerializer.Deserialize(await response.Content.ReadAsStringAsync(), ApiJsonContext.Default.ImageView)!;
        Assert.Equal(HttpStatusCode.Created, response.StatusCode);
        Assert.Equal("other:latest", image.Name);
        Assert.Equal(image.Digest, (await controlPlane.GetAsync(ApiPaths.Image(image.Digest), ApiJsonContext.Default.ImageView)).Digest);
        Assert.Equal(2, (await controlPlane.GetAsync(ApiPaths.Images, ApiJsonContext.Default.ListViewImageView)).Items.Count);
    }

    [Theory]
    [InlineData("")]
    [InlineData("?name=")]
    [InlineData("?name=Not%20A%20Name")]
    public async Task Post_WithoutAName_IsAProblem(string query)
    {
        await using RunningControlPlane controlPlane = await RunningControlPlane.StartAsync();
        using ByteArrayContent tar = new([1]);

        using HttpResponseMessage response = await controlPlane.Http.PostAsync(new Uri(ApiPaths.Images + query, UriKind.Relative), tar);

        Assert.Equal("name", Assert.Single((await RunningControlPlane.ProblemAsync(response, HttpStatusCode.UnprocessableEntity)).Errors!).Field);
    }

    [Fact]
    public async Task Post_RejectedImage_IsAProblemInOneLine()
    {
        await using RunningControlPlane controlPlane = await RunningControlPlane.StartAsync();
        using ByteArrayContent nothing = new([]);

        using HttpResponseMessage response = await controlPlane.Http.PostAsync(new Uri(ApiPaths.Images + "?name=x", UriKind.Relative), nothing);

        Assert.Equal(
            "tar: expected an OCI image layout, found nothing",
            (await RunningControlPlane.ProblemAsync(response, HttpStatusCode.UnprocessableEntity)).Detail);
    }

    [Theory]
    [InlineData("one@{0}", "/bin/one")]
    [InlineData("two:1@{0}", "/bin/two")]
    [InlineData("sha256:2222222222222222222222222222222222222222222222222222222222222222", "/bin/two")]
    [InlineData("{0}", null)]
    public async Task Apply_DigestOfAFileSystemThatTwoImagesShare_IsTheNamedOneOrRefused(string reference, string? runs)
    {
        await using RunningControlPlane controlPlane = await RunningControlPlane.StartAsync();
        await using FakeDevice device = await new FakeDevice("edge-1").StartAsync(controlPlane);
        byte[] shared = "shared file system"u8.ToArray();
        controlPlane.Images.Add("two:1", shared, image => image with { Digest = "sha256:" + new string('2', 64), Platforms = [image.Platforms[0] with { Entrypoint = ["/bin/two"], ManifestDigest = "sha256:" + new string('2', 64) }] });
        ImageView one = controlPlane.Images.Add("one:1", shared, image => image with { Digest = "sha256:" + new string('1', 64), Platforms = [image.Platforms[0] with { Entrypoint = ["/bin/one"], ManifestDigest = "sha256:" + new string('1', 64) }] });
        string image = string.Format(System.Globalization.CultureInfo.InvariantCulture, reference, one.Platforms[0].Digest);

        using HttpResponseMessage response = await controlPlane.SendAsync(
            HttpMethod.Post, ApiPaths.Apply, Samples.Manifest(image: image), "application/yaml");

        if (runs is null)
        {
            ProblemView problem = await RunningControlPlane.ProblemAsync(response, HttpStatusCode.UnprocessableEntity);
            Assert.EndsWith(", the file system of one:1, two:1", Assert.Single(problem.Errors!).Found);
            return;
        }

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(runs, Assert.Single((await device.NextDesiredAsync()).Vms).Process.Arguments[0]);
    }

    [Fact]
    public async Task Apply_ImageOfTwoPlatforms_GivesEachDeviceItsOwn()
    {
        await using RunningControlPlane controlPlane = await RunningControlPlane.StartAsync();
        ImageView image = AddMixed(controlPlane);
        await using FakeDevice x64 = await new FakeDevice("x64") { Labels = { ["fleet"] = "all" } }.StartAsync(controlPlane);
        await using FakeDevice arm = await new FakeDevice("arm") { Architecture = "aarch64", Labels = { ["fleet"] = "all" } }.StartAsync(controlPlane);

        ApplyResult applied = await controlPlane.ApplyAsync(Mixed());
        await using FakeDevice late = await new FakeDevice("late") { Architecture = "aarch64", Labels = { ["fleet"] = "all" } }.StartAsync(controlPlane);

        Assert.Equal(["arm", "x64"], applied.Devices);
        Assert.Equal("aarch64 " + image.Platforms[0].Digest, Describe(await arm.NextDesiredAsync()));
        Assert.Equal("x86_64 " + image.Platforms[1].Digest, Describe(await x64.NextDesiredAsync()));
        Assert.Equal("aarch64 " + image.Platforms[0].Digest, Describe(await late.NextDesiredAsync()));
    }

    [Fact]
    public async Task Apply_ImageWithoutADevicesPlatform_IsSaidThereAndTouchesNothingElse()
    {
        await using RunningControlPlane controlPlane = await RunningControlPlane.StartAsync();
        AddMixed(controlPlane);
        await using FakeDevice x64 = await new FakeDevice("x64") { Labels = { ["fleet"] = "all" } }.StartAsync(controlPlane);
        await using FakeDevice arm = await new FakeDevice("arm") { Architecture = "aarch64", Labels = { ["fleet"] = "all" } }.StartAsync(controlPlane);
        await controlPlane.ApplyAsync(Mixed());
        await arm.NextDesiredAsync();
        await x64.NextDesiredAsync();

        await controlPlane.ApplyAsync(Mixed("only-x64", "hello:1"));
        DeploymentView deployment = await controlPlane.WatchUntilAsync("only-x64", view => view.Failed == 1);

        const string Missing = "ImagePlatformMissing: image hello:1: expected one for aarch64, which this device is, found one for x86_64";
        Assert.Equal([("arm", "Failed", Missing), ("x64", "Pending", "")], deployment.Devices.Select(device => (device.Device, device.Phase, device.Message)));
        DeviceView shown = await controlPlane.DeviceAsync("arm");
        Assert.Equal(($"deployment 'only-x64': {Missing}", 1UL), (shown.Condition, shown.DesiredGeneration));
        Assert.Empty(await arm.DrainAsync());
        Assert.Equal(2, (await x64.NextDesiredAsync()).Vms.Count);
    }

    [Fact]
    public async Task Apply_NewRevisionWithoutADevicesPlatform_LeavesTheOldVmThere()
    {
        await using RunningControlPlane controlPlane = await RunningControlPlane.StartAsync();
        AddMixed(controlPlane);
        await using FakeDevice arm = await new FakeDevice("arm") { Architecture = "aarch64", Labels = { ["fleet"] = "all" } }.StartAsync(controlPlane);
        await controlPlane.ApplyAsync(Mixed());
        await arm.ReportAsync(await arm.NextDesiredAsync(), Shared.Contracts.Reported.VmPhase.Running);

        await controlPlane.ApplyAsync(Mixed(image: "hello:1"));
        DeploymentView deployment = await controlPlane.WatchUntilAsync("mixed", view => view.Failed == 1);

        Assert.Contains("ImagePlatformMissing", Assert.Single(deployment.Devices).Message, StringComparison.Ordinal);
        Assert.Empty(await arm.DrainAsync());
    }

    [Fact]
    public async Task Device_WhoseDiskIsInAnotherMachine_GetsTheImageOfThat()
    {
        await using RunningControlPlane controlPlane = await RunningControlPlane.StartAsync();
        ImageView image = AddMixed(controlPlane);
        await using FakeDevice device = await new FakeDevice("edge-1") { Labels = { ["fleet"] = "all" } }.StartAsync(controlPlane);
        await controlPlane.ApplyAsync(Mixed());
        await device.NextDesiredAsync();

        device.Architecture = "aarch64";
        await device.HelloAsync();

        Assert.Equal("aarch64 " + image.Platforms[0].Digest, Describe(await device.NextDesiredAsync()));
    }

    [Fact]
    public async Task Apply_DigestOfOnePlatform_MeansThatPlatform()
    {
        await using RunningControlPlane controlPlane = await RunningControlPlane.StartAsync();
        ImageView image = AddMixed(controlPlane);
        await using FakeDevice x64 = await new FakeDevice("x64") { Labels = { ["fleet"] = "all" } }.StartAsync(controlPlane);

        await controlPlane.ApplyAsync(Mixed("by-index", $"mixed@{image.Digest}"));
        string whole = Describe(await x64.NextDesiredAsync());
        await controlPlane.ApplyAsync(Mixed("by-platform", $"mixed@{image.Platforms[0].ManifestDigest}"));
        DeploymentView narrow = await controlPlane.DeploymentAsync("by-platform");

        Assert.Equal("x86_64 " + image.Platforms[1].Digest, whole);
        Assert.Contains("ImagePlatformMissing", Assert.Single(narrow.Devices).Message, StringComparison.Ordinal);
    }

    private static ImageView AddMixed(RunningControlPlane controlPlane)
    {
        ImagePlatformView arm = controlPlane.Images.Add("arm:1", "file system for arm"u8.ToArray()).Platforms[0] with
        {
            Platform = "linux/arm64", Architecture = "aarch64",
        };
        return controlPlane.Images.Add(
            "mixed:1", "file system for x64"u8.ToArray(), image => image with { Digest = "sha256:" + new string('9', 64), Platforms = [arm, image.Platforms[0]] });
    }

    /// <summary>A deployment for every device, whatever its architecture.</summary>
    private static string Mixed(string name = "mixed", string image = "mixed:1") =>
        Samples.Manifest(name, "{fleet: all}", image: image);

    private static string Describe(DesiredState state) => $"{Assert.Single(state.Vms).Image.Architecture} {state.Vms[0].Image.Digest}";

    [Fact]
    public async Task Apply_ImageByDigest_IsFound()
    {
        await using RunningControlPlane controlPlane = await RunningControlPlane.StartAsync();
        string digest = (await controlPlane.GetAsync(ApiPaths.Images, ApiJsonContext.Default.ListViewImageView)).Items[0].Digest;

        Assert.Equal("created", (await controlPlane.ApplyAsync(Samples.Manifest("a", vm: "a", image: digest))).Action);
        Assert.Equal("created", (await controlPlane.ApplyAsync(Samples.Manifest("b", vm: "b", image: $"any@{digest}"))).Action);
    }
}
