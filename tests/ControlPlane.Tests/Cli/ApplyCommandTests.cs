using System.Text.Json;
using MicroVm.ControlPlane.Tests.Kit;
using MicroVm.Shared.Contracts.Api;
using Microsoft.AspNetCore.Http;

namespace MicroVm.ControlPlane.Tests.Cli;

public sealed class ApplyCommandTests : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("mvm-apply-");

    public void Dispose() => _directory.Delete(recursive: true);

    /// <summary>The server closes the connection over such a body: what it answered has to be read, not what became of the rest.</summary>
    [Fact]
    public async Task Apply_OverTheServersLimit_SaysSo()
    {
        await using RunningControlPlane controlPlane = await RunningControlPlane.StartAsync();
        byte[] manifest = new byte[10 << 20];
        manifest.AsSpan().Fill((byte)'#');

        SessionCliRun run = await SessionCliRun.OfAsync(controlPlane, manifest, "apply", "-f", "-");

        Assert.NotEqual(0, run.Code);
        Assert.Contains("too large", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task File_IsSentAsItIs()
    {
        string file = Write("hello.yaml", "# comment\nkind: Deployment\n");
        await using FakeControlPlane server = await AcceptingAsync();

        CliRun run = await CliRun.OfAsync(server.Url, "apply", "-f", file);

        Assert.Equal((0, ""), (run.Code, run.Error));
        Assert.Equal("deployment/hello created, revision 1, selects 1 device\n", run.Out);
        ReceivedRequest request = Assert.Single(server.Received);
        Assert.Equal(("POST", ApiPaths.Apply, "application/yaml"), (request.Method, request.Path, request.ContentType));
        Assert.Equal("# comment\nkind: Deployment\n", request.Text);
    }

    [Fact]
    public async Task Directory_IsSentFileByFileInOrder()
    {
        Write("b.json", "{}");
        Write("a.yml", "a: 1");
        Write("c.txt", "not a manifest");
        await using FakeControlPlane server = await AcceptingAsync();

        CliRun run = await CliRun.OfAsync(server.Url, "apply", "-f", _directory.FullName, "-o", "json");

        Assert.Equal(0, run.Code);
        Assert.Equal(["application/yaml", "application/json"], server.Received.Select(static request => request.ContentType));
        Assert.Equal(2, JsonDocument.Parse(run.Out).RootElement.GetProperty("items").GetArrayLength());
    }

    [Theory]
    [InlineData(" {\"kind\":1}", "application/json")]
    [InlineData("kind: 1", "application/yaml")]
    public async Task StandardInput_IsRecognised(string input, string contentType)
    {
        await using FakeControlPlane server = await AcceptingAsync();

        CliRun run = await CliRun.WithInputAsync(server.Url, input, "apply", "-f", "-");

        Assert.Equal(0, run.Code);
        Assert.Equal((contentType, input), (server.Received[0].ContentType, server.Received[0].Text));
    }

    [Fact]
    public async Task DryRun_IsAskedFor()
    {
        await using FakeControlPlane server = await AcceptingAsync();

        CliRun run = await CliRun.WithInputAsync(server.Url, "a: 1", "apply", "-f", "-", "--dry-run");

        Assert.Equal(ApiPaths.Apply + "?dryRun=true", server.Received[0].Path);
        Assert.EndsWith("(dry run)\n", run.Out);
    }

    [Fact]
    public async Task Refusal_IsOneLineForEachField()
    {
        string file = Write("bad.yaml", "a: 1");
        await using FakeControlPlane server = await RefusingAsync();

        CliRun run = await CliRun.OfAsync(server.Url, "apply", "-f", file);

        Assert.Equal((1, ""), (run.Code, run.Out));
        Assert.Equal(
            $"error: {file}: spec.workload.memory: expected a size such as 128MiB, found 'lots'\n" +
            $"error: {file}: spec.colour: expected no such field, found 'red'\n",
            run.Error);
    }

    [Fact]
    public async Task Refusal_AsJson_IsTheProblem()
    {
        await using FakeControlPlane server = await RefusingAsync();

        CliRun run = await CliRun.WithInputAsync(server.Url, "a: 1", "apply", "-f", "-", "-o", "json");

        Assert.Equal(1, run.Code);
        ProblemView? problem = JsonSerializer.Deserialize(run.Error, ApiJsonContext.Default.ProblemView);
        Assert.Equal((422, "spec.workload.memory"), (problem!.Status, problem.Errors![0].Field));
    }

    [Fact]
    public async Task Refusal_OfTheSecondDocument_KeepsTheFirstResult()
    {
        Write("a.yaml", "a: 1");
        Write("b.yaml", "b: 1");
        int count = 0;
        await using FakeControlPlane server = await FakeControlPlane.StartAsync((_, response) =>
            count++ == 0 ? AcceptAsync(response) : RefuseAsync(response));

        CliRun run = await CliRun.OfAsync(server.Url, "apply", "-f", _directory.FullName);

        Assert.Equal(1, run.Code);
        Assert.StartsWith("deployment/hello created", run.Out);
        Assert.Contains("b.yaml: spec.workload.memory", run.Error);
    }

    [Fact]
    public async Task File_Empty_IsAUsageError()
    {
        string file = Write("empty.yaml", " \n");

        CliRun run = await CliRun.OfAsync("http://127.0.0.1:1", "apply", "-f", file);

        Assert.Equal(2, run.Code);
        Assert.StartsWith($"error: {file}: expected a manifest, found nothing\n", run.Error);
    }

    private static Task<FakeControlPlane> AcceptingAsync() => FakeControlPlane.StartAsync((_, response) => AcceptAsync(response));

    private static Task<FakeControlPlane> RefusingAsync() => FakeControlPlane.StartAsync((_, response) => RefuseAsync(response));

    private static Task AcceptAsync(HttpResponse response) => FakeControlPlane.WriteAsync(
        response, new ListView<ApplyResult>([new("Deployment", "hello", 1, "created", ["dev-1"])]), ApiJsonContext.Default.ListViewApplyResult);

    private static async Task RefuseAsync(HttpResponse response)
    {
        ProblemView problem = new(null, "Unprocessable", 422, "the manifest is not valid", [
            new("spec.workload.memory", "a size such as 128MiB", "'lots'"), new("spec.colour", "no such field", "'red'")]);
        response.StatusCode = 422;
        response.ContentType = "application/problem+json";
        await response.Body.WriteAsync(JsonSerializer.SerializeToUtf8Bytes(problem, ApiJsonContext.Default.ProblemView));
    }

    private string Write(string name, string content)
    {
        string path = Path.Combine(_directory.FullName, name);
        File.WriteAllText(path, content);
        return path;
    }
}
