using System.Text.Json;
using MicroVm.Shared.Contracts.Api;
using Microsoft.AspNetCore.Http;

namespace MicroVm.ControlPlane.Tests.Cli;

public sealed class CliApplicationTests
{
    private const string Nowhere = "http://127.0.0.1:1";

    [Theory]
    [InlineData("devices")]
    [InlineData("get deployment")]
    [InlineData("get deployment hello")]
    [InlineData("delete deployment hello")]
    [InlineData("rollout status hello --watch")]
    [InlineData("logs dev-1/hello")]
    [InlineData("logs dev-1/hello -f")]
    [InlineData("top")]
    [InlineData("images")]
    public async Task Server_NotThere_IsCode3(string command)
    {
        CliRun run = await CliRun.OfAsync(Nowhere, command.Split(' '));

        Assert.Equal((3, ""), (run.Code, run.Out));
        Assert.Equal("error: server http://127.0.0.1:1/: expected a control plane, found: Connection refused\n", run.Error);
    }

    [Fact]
    public async Task Server_NotThereAsJson_IsAProblem()
    {
        CliRun run = await CliRun.OfAsync(Nowhere, "devices", "-o", "json");

        Assert.Equal(3, run.Code);
        Assert.Equal("server not reachable", JsonSerializer.Deserialize(run.Error, ApiJsonContext.Default.ProblemView)!.Title);
    }

    [Theory]
    [InlineData("nonsense", "'nonsense'")]
    [InlineData("devices -o xml", "-o: expected table or json, found 'xml'")]
    [InlineData("devices -o 1", "-o: expected table or json, found '1'")]
    [InlineData("--server ftp://x devices", "--server: expected a URL")]
    [InlineData("get deployment Hello", "name: expected 1 to 63 characters")]
    [InlineData("get deployment ../x", "name: expected 1 to 63 characters")]
    [InlineData("logs dev-1", "VM: expected DEVICE/VM, found 'dev-1'")]
    [InlineData("logs dev_1/a", "device id: expected 1 to 64 characters")]
    [InlineData("logs dev-1/a --tail -1", "--tail: expected a number from 0")]
    [InlineData("rollout status a --timeout 5", "--timeout: expected a duration such as 90s, 5m or 1h30m, found '5'")]
    [InlineData("devices label dev-1 nonsense", "label: expected NAME=VALUE or NAME-, found 'nonsense'")]
    [InlineData("images push /dev/null/none --name a", "/dev/null/none: expected a directory or a tar of an OCI image layout, found nothing")]
    public async Task CommandLine_Wrong_IsCode2(string command, string message)
    {
        await using FakeControlPlane server = await FakeControlPlane.StartAsync(
            new Dictionary<string, string>(), ApiJsonContext.Default.DictionaryStringString);

        CliRun run = await CliRun.OfAsync(server.Url, command.Split(' '));

        Assert.Equal((2, ""), (run.Code, run.Out));
        Assert.Contains(message, run.Error);
        Assert.Equal(2, run.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
    }

    [Fact]
    public async Task Refusal_WithoutAProblem_IsTheStatus()
    {
        await using FakeControlPlane server = await FakeControlPlane.StartAsync(static (_, response) =>
        {
            response.StatusCode = 503;
            return response.WriteAsync("<html>");
        });

        CliRun run = await CliRun.OfAsync(server.Url, "devices");

        Assert.Equal((1, "error: the server answered 503 Service Unavailable\n"), (run.Code, run.Error));
    }

    [Fact]
    public async Task Answer_ThatIsNotTheDocument_IsCode1()
    {
        await using FakeControlPlane server = await FakeControlPlane.StartAsync(static (_, response) => response.WriteAsync("<html>"));

        CliRun run = await CliRun.OfAsync(server.Url, "devices");

        Assert.Equal(1, run.Code);
        Assert.Contains("in JSON, found something else", run.Error);
    }

    [Fact]
    public async Task Interrupt_DuringARequest_IsCode130()
    {
        using CancellationTokenSource interrupt = new();
        TaskCompletionSource never = new();
        await using FakeControlPlane server = await FakeControlPlane.StartAsync(async (_, response) =>
        {
            await interrupt.CancelAsync();
            await never.Task.WaitAsync(response.HttpContext.RequestAborted);
        });

        CliRun run = await CliRun.OfAsync(server.Url, "", false, interrupt.Token, "devices");

        Assert.Equal((130, "", ""), (run.Code, run.Out, run.Error));
    }

    [Fact]
    public async Task TextFromTheServer_CannotSteerTheTerminal()
    {
        ProblemView problem = new(null, "bad", 400, "evil \e[2J title", null);
        await using FakeControlPlane server = await FakeControlPlane.StartAsync((_, response) =>
        {
            response.StatusCode = 400;
            return FakeControlPlane.WriteAsync(response, problem, ApiJsonContext.Default.ProblemView);
        });

        CliRun run = await CliRun.OfAsync(server.Url, "devices");

        Assert.Equal("error: evil \uFFFD[2J title\n", run.Error);
    }

    [Fact]
    public async Task Help_ListsTheCommands()
    {
        CliRun run = await CliRun.OfAsync(Nowhere, "--help");

        Assert.Equal(0, run.Code);
        Assert.All(["apply", "delete", "devices", "get", "images", "logs", "rollout", "top"], command => Assert.Contains(command, run.Out));
    }
}
