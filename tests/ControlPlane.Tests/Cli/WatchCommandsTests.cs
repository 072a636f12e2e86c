using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using MicroVm.ControlPlane.Tests.Kit;
using MicroVm.Shared.Contracts.Api;
using Microsoft.Extensions.Time.Testing;

namespace MicroVm.ControlPlane.Tests.Cli;

public sealed class WatchCommandsTests
{
    private static readonly DeploymentDeviceView s_failed = new("dev-1", true, 2, "BackOff", "ImageUnavailable: no route");

    [Fact]
    public async Task Rollout_AcrossABrokenConnection_EndsWhenComplete()
    {
        int connection = 0;
        await using FakeControlPlane server = await FakeControlPlane.StartAsync(async (_, response) =>
        {
            DeploymentView[] views = connection++ == 0
                ? [Views.Deployment("Progressing"), Views.Deployment("Progressing", 1)]
                : [Views.Deployment("Progressing", 1), Views.Deployment("Complete", 2)];
            foreach (DeploymentView view in views)
            {
                await FakeControlPlane.WriteEventAsync(response, view, ApiJsonContext.Default.DeploymentView);
            }
        });

        CliRun run = await CliRun.OfAsync(server.Url, "rollout", "status", "hello", "--watch");

        Assert.Equal(0, run.Code);
        Assert.Equal(
            [
                "hello revision 2: Progressing, 0 of 2 ready",
                "hello revision 2: Progressing, 1 of 2 ready",
                "hello revision 2: Complete, 2 of 2 ready",
            ],
            run.OutLines);
        Assert.Equal("connection to the control plane lost, connecting again\n", run.Error);
    }

    [Fact]
    public async Task Rollout_OnATerminal_DrawsABar()
    {
        await using FakeControlPlane server = await FakeControlPlane.StartAsync(async (_, response) =>
        {
            await FakeControlPlane.WriteEventAsync(response, Views.Deployment("Progressing", 1), ApiJsonContext.Default.DeploymentView);
            await FakeControlPlane.WriteEventAsync(response, Views.Deployment("Complete", 2), ApiJsonContext.Default.DeploymentView);
        });

        CliRun run = await CliRun.OnTerminalAsync(server.Url, "rollout", "status", "hello", "--watch");

        Assert.Equal(0, run.Code);
        Assert.Contains("\r\e[Khello revision 2 [############............] 1/2 ready", run.Out);
        Assert.Contains("[########################] 2/2 ready  \e[32mComplete\e[0m\n", run.Out);
    }

    [Fact]
    public async Task Rollout_DegradedForTooLong_IsCode4AndSaysWhy()
    {
        await using FakeControlPlane server = await StuckAsync(Views.Deployment("Degraded", 0, 1, s_failed));

        CliRun run = await CliRun.OfAsync(server.Url, "rollout", "status", "hello", "--watch", "--degraded-after", "0s");

        Assert.Equal(4, run.Code);
        Assert.Equal(
            "error: rollout of hello: expected it to complete, found it degraded for 0s\n  dev-1: BackOff: ImageUnavailable: no route\n", run.Error);
        Assert.Contains("; dev-1: BackOff: ImageUnavailable: no route\n", run.Out);
    }

    [Theory]
    [InlineData("devices")]
    [InlineData("delete", "deployment", "hello")]
    [InlineData("rollout", "status", "hello", "--watch", "--timeout", "1h")]
    public async Task Command_ServerThatNeverAnswers_IsNotWaitedForForEver(params string[] arguments)
    {
        using TcpListener silent = new(IPAddress.Loopback, 0);
        silent.Start();
        FakeTimeProvider time = new();
        Task<CliRun> running = CliRun.InTimeAsync($"http://{silent.LocalEndpoint}", time, arguments);
        using Socket accepted = await silent.AcceptSocketAsync().Within("connection");

        time.Advance(TimeSpan.FromSeconds(60));

        CliRun run = await running.Within("end of the command");
        Assert.Equal(3, run.Code);
        Assert.EndsWith("found: no answer in time\n", run.Error);
    }

    [Fact]
    public async Task Rollout_OutOfTime_IsCode4()
    {
        await using FakeControlPlane server = await StuckAsync(Views.Deployment("Progressing"));

        CliRun run = await CliRun.OfAsync(server.Url, "rollout", "status", "hello", "--watch", "--timeout", "1s", "-o", "json");

        Assert.Equal(4, run.Code);
        Assert.Equal("rollout not complete", JsonSerializer.Deserialize(run.Error, ApiJsonContext.Default.ProblemView)!.Title);
    }

    [Theory]
    [InlineData("Complete", 0)]
    [InlineData("Progressing", 4)]
    [InlineData("Degraded", 4)]
    [InlineData("NoDevices", 4)]
    public async Task Rollout_WithoutWatch_SaysTheStateByItsCode(string state, int code)
    {
        await using FakeControlPlane server = await FakeControlPlane.StartAsync(Views.Deployment(state), ApiJsonContext.Default.DeploymentView);

        Assert.Equal(code, (await CliRun.OfAsync(server.Url, "rollout", "status", "hello")).Code);
    }

    [Fact]
    public async Task Rollout_OfAnUnknownDeployment_IsCode1()
    {
        await using FakeControlPlane server = await FakeControlPlane.StartAsync((_, response) =>
        {
            response.StatusCode = 404;
            return FakeControlPlane.WriteAsync(
                response, new ProblemView(null, "Not found", 404, "deployment 'hello': not found", null), ApiJsonContext.Default.ProblemView);
        });

        CliRun run = await CliRun.OfAsync(server.Url, "rollout", "status", "hello", "--watch");

        Assert.Equal((1, "error: deployment 'hello': not found\n"), (run.Code, run.Error));
    }

    [Fact]
    public async Task Logs_AreWrittenWithTimeAndStream()
    {
        await using FakeControlPlane server = await FakeControlPlane.StartAsync(
            new ListView<LogEntryView>([Views.Log(1, "one"), Views.Log(2, "two \e[31m", "stderr")]), ApiJsonContext.Default.ListViewLogEntryView);

        CliRun run = await CliRun.OfAsync(server.Url, "logs", "dev-1/hello", "--tail", "2");

        Assert.Equal(ApiPaths.Logs("dev-1", "hello") + "?tail=2", server.Received[0].Path);
        Assert.Equal(["2023-11-14T22:13:20.123Z stdout one", "2023-11-14T22:13:20.123Z stderr two \uFFFD[31m"], run.OutLines);
    }

    [Fact]
    public async Task LogsFollow_AfterABrokenConnection_GoesOnBehindTheLastLine()
    {
        using CancellationTokenSource interrupt = new();
        int connection = 0;
        await using FakeControlPlane server = await FakeControlPlane.StartAsync(async (_, response) =>
        {
            LogEntryView[] lines = connection++ == 0 ? [Views.Log(5, "five"), Views.Log(6, "six")] : [Views.Log(6, "six"), Views.Log(7, "seven")];
            foreach (LogEntryView line in lines)
            {
                await FakeControlPlane.WriteEventAsync(response, line, ApiJsonContext.Default.LogEntryView);
            }

            if (connection == 3)
            {
                await interrupt.CancelAsync();
            }
        });

        CliRun run = await CliRun.OfAsync(server.Url, "", false, interrupt.Token, "logs", "dev-1/hello", "-f", "--tail", "2", "-o", "json");

        Assert.Equal(0, run.Code);
        Assert.Equal(["five", "six", "seven"], run.OutLines.Select(static line => JsonDocument.Parse(line).RootElement.GetProperty("text").GetString()));
        string path = ApiPaths.Logs("dev-1", "hello");
        Assert.Equal(
            [$"{path}?follow=true&tail=2", $"{path}?follow=true&after=6", $"{path}?follow=true&after=7"],
            server.Received.Select(static request => request.Path));
    }

    private static Task<FakeControlPlane> StuckAsync(DeploymentView view) => FakeControlPlane.StartAsync(async (_, response) =>
    {
        await FakeControlPlane.WriteEventAsync(response, view, ApiJsonContext.Default.DeploymentView);
        await new TaskCompletionSource().Task.WaitAsync(response.HttpContext.RequestAborted);
    });
}
