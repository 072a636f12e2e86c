using System.Net;
using System.Text;
using System.Text.Json;
using MicroVm.ControlPlane.Tests.Kit;
using MicroVm.ControlPlane.Tests.Sessions;
using MicroVm.Shared.Contracts.Api;

namespace MicroVm.ControlPlane.Tests.Api;

/// <summary>Every error is a problem and nothing of a refused request is stored.</summary>
public sealed class ApiErrorTests
{
    [Theory]
    [InlineData("GET", "/nope", HttpStatusCode.NotFound)]
    [InlineData("GET", "/api/v1/devices/edge-9", HttpStatusCode.NotFound)]
    [InlineData("GET", "/api/v1/devices/NOT_AN_ID", HttpStatusCode.NotFound)]
    [InlineData("GET", "/api/v1/devices/edge-9/telemetry", HttpStatusCode.NotFound)]
    [InlineData("GET", "/api/v1/devices/edge-9/vms/web/logs", HttpStatusCode.NotFound)]
    [InlineData("GET", "/api/v1/devices/edge-9/labels", HttpStatusCode.NotFound)]
    [InlineData("GET", "/api/v1/deployments/none", HttpStatusCode.NotFound)]
    [InlineData("GET", "/api/v1/deployments/none/watch", HttpStatusCode.NotFound)]
    [InlineData("DELETE", "/api/v1/deployments/none", HttpStatusCode.NotFound)]
    [InlineData("GET", "/api/v1/images/sha256:00", HttpStatusCode.NotFound)]
    [InlineData("GET", "/api/v1/images/sha256:00/rootfs", HttpStatusCode.NotFound)]
    [InlineData("DELETE", "/api/v1/devices", HttpStatusCode.MethodNotAllowed)]
    [InlineData("PUT", "/api/v1/apply", HttpStatusCode.MethodNotAllowed)]
    public async Task Request_ForWhatIsNotThere_IsAProblem(string method, string path, HttpStatusCode expected)
    {
        await using RunningControlPlane controlPlane = await RunningControlPlane.StartAsync();

        using HttpResponseMessage response = await controlPlane.SendAsync(new HttpMethod(method), path);

        Assert.NotEqual("", (await RunningControlPlane.ProblemAsync(response, expected)).Detail);
    }

    [Fact]
    public async Task Logs_OfAVmThatNothingKnows_AreAProblemAndOfOneThatIsToComeAreEmpty()
    {
        await using RunningControlPlane controlPlane = await RunningControlPlane.StartAsync();
        await using AgentSessions agent = await AgentSessions.StartAsync(controlPlane);

        using HttpResponseMessage unknown = await controlPlane.SendAsync(HttpMethod.Get, ApiPaths.Logs("edge-1", "helo"));
        using HttpResponseMessage coming = await controlPlane.SendAsync(HttpMethod.Get, ApiPaths.Logs("edge-1", "hello"));

        Assert.Equal(
            "VM: expected one of device 'edge-1', found 'helo'",
            (await RunningControlPlane.ProblemAsync(unknown, HttpStatusCode.NotFound)).Detail);
        Assert.Equal(HttpStatusCode.OK, coming.StatusCode);
    }

    [Fact]
    public async Task Apply_WrongUnit_IsAProblemWithTheFieldAndStoresNothing()
    {
        await using RunningControlPlane controlPlane = await RunningControlPlane.StartAsync();

        using HttpResponseMessage response = await controlPlane.SendAsync(
            HttpMethod.Post, ApiPaths.Apply, Samples.Manifest("good") + "\n---\n" + Samples.Manifest("bad", workload: "memory: 128MB"));

        ProblemView problem = await RunningControlPlane.ProblemAsync(response, HttpStatusCode.UnprocessableEntity);
        FieldError error = Assert.Single(problem.Errors!);
        Assert.Equal(("documents[1].spec.workload.memory", "128MB"), (error.Field, error.Found));
        Assert.Contains("128MiB", error.Expected, StringComparison.Ordinal);
        Assert.Empty((await controlPlane.GetAsync(ApiPaths.Deployments, ApiJsonContext.Default.ListViewDeploymentView)).Items);
    }

    [Theory]
    [InlineData("gone:1")]
    [InlineData("hello")]
    [InlineData("sha256:0000000000000000000000000000000000000000000000000000000000000000")]
    [InlineData("hello@sha256:0000000000000000000000000000000000000000000000000000000000000000")]
    [InlineData("NOT AN IMAGE")]
    public async Task Apply_MissingImage_IsAProblemWithTheFieldAndStoresNothing(string image)
    {
        await using RunningControlPlane controlPlane = await RunningControlPlane.StartAsync();

        using HttpResponseMessage response = await controlPlane.SendAsync(
            HttpMethod.Post, ApiPaths.Apply, Samples.Manifest("good") + "\n---\n" + Samples.Manifest("bad", image: image));

        ProblemView problem = await RunningControlPlane.ProblemAsync(response, HttpStatusCode.UnprocessableEntity);
        Assert.Equal(("documents[1].spec.workload.image", $"'{image}'"), (Assert.Single(problem.Errors!).Field, problem.Errors![0].Found));
        Assert.Empty((await controlPlane.GetAsync(ApiPaths.Deployments, ApiJsonContext.Default.ListViewDeploymentView)).Items);
    }

    [Theory]
    [InlineData("a: [", "application/yaml")]
    [InlineData("{", "application/json")]
    [InlineData("", "application/yaml")]
    public async Task Apply_NoManifestAtAll_IsABadRequest(string body, string contentType)
    {
        await using RunningControlPlane controlPlane = await RunningControlPlane.StartAsync();

        using HttpResponseMessage response = await controlPlane.SendAsync(HttpMethod.Post, ApiPaths.Apply, body, contentType);

        Assert.StartsWith("manifest: expected", (await RunningControlPlane.ProblemAsync(response, HttpStatusCode.BadRequest)).Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Apply_BytesThatAreNoText_IsABadRequest()
    {
        await using RunningControlPlane controlPlane = await RunningControlPlane.StartAsync();
        using ByteArrayContent content = new([0xFF, 0xFE, 0x00]);

        using HttpResponseMessage response = await controlPlane.Http.PostAsync(new Uri(ApiPaths.Apply, UriKind.Relative), content);

        await RunningControlPlane.ProblemAsync(response, HttpStatusCode.BadRequest);
    }

    [Fact]
    public async Task Apply_BodyOverTheCap_IsTooLarge()
    {
        await using RunningControlPlane controlPlane = await RunningControlPlane.StartAsync();

        using HttpResponseMessage response = await controlPlane.SendAsync(HttpMethod.Post, ApiPaths.Apply, new string('#', (1 << 20) + 1));

        await RunningControlPlane.ProblemAsync(response, HttpStatusCode.RequestEntityTooLarge);
    }

    [Fact]
    public async Task Apply_DryRun_SaysWhatItWouldDoAndDoesNothing()
    {
        await using RunningControlPlane controlPlane = await RunningControlPlane.StartAsync();
        await using FakeDevice device = await new FakeDevice("edge-1").StartAsync(controlPlane);

        using HttpResponseMessage response = await controlPlane.SendAsync(HttpMethod.Post, ApiPaths.Apply + "?dryRun=true", Samples.Manifest());

        ListView<ApplyResult> results = JsonSerializer.Deserialize(
            await response.Content.ReadAsStringAsync(), ApiJsonContext.Default.ListViewApplyResult)!;
        Assert.Equal(("created", 1, "edge-1"), (results.Items[0].Action, results.Items[0].Revision, Assert.Single(results.Items[0].Devices)));
        Assert.Empty((await controlPlane.GetAsync(ApiPaths.Deployments, ApiJsonContext.Default.ListViewDeploymentView)).Items);
        Assert.Empty(await device.DrainAsync());
    }

    [Theory]
    [InlineData("http://evil.example", null)]
    [InlineData("null", null)]
    [InlineData("https://127.0.0.1:1", null)]
    [InlineData("https://localhost", "127.0.0.1")]
    public async Task Request_OfABrowserOnAForeignPage_IsForbidden(string origin, string? host)
    {
        await using RunningControlPlane controlPlane = await RunningControlPlane.StartAsync();
        using HttpRequestMessage request = new(HttpMethod.Post, ApiPaths.Apply) { Content = new StringContent(Samples.Manifest(), Encoding.UTF8) };
        request.Headers.Add("Origin", origin);
        request.Headers.Host = host;

        using HttpResponseMessage response = await controlPlane.Http.SendAsync(request);

        await RunningControlPlane.ProblemAsync(response, HttpStatusCode.Forbidden);
    }

    [Fact]
    public async Task OpenApi_Document_NamesTheResources()
    {
        await using RunningControlPlane controlPlane = await RunningControlPlane.StartAsync();

        using JsonDocument document = JsonDocument.Parse(await controlPlane.Http.GetStringAsync("/openapi/v1.json"));

        IEnumerable<string> paths = document.RootElement.GetProperty("paths").EnumerateObject().Select(path => path.Name);
        Assert.Superset(
            new HashSet<string>
            {
                ApiPaths.Apply, ApiPaths.Devices, ApiPaths.Deployments, ApiPaths.Images, ApiPaths.Telemetry,
                ApiPaths.Device("{id}"), ApiPaths.Deployment("{name}"), ApiPaths.DeploymentWatch("{name}"), ApiPaths.Logs("{device}", "{vm}"),
            },
            paths.ToHashSet());
    }

    [Fact]
    public async Task Healthz_OfARunningHost_IsOk()
    {
        await using RunningControlPlane controlPlane = await RunningControlPlane.StartAsync();

        Assert.Equal("ok\n", await controlPlane.Http.GetStringAsync("/healthz"));
    }
}
