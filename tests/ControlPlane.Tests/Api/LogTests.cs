using System.Net;
using MicroVm.ControlPlane.Host.Gateway;
using MicroVm.ControlPlane.Tests.Cli;
using MicroVm.ControlPlane.Tests.Kit;
using MicroVm.ControlPlane.Tests.Sessions;
using MicroVm.Shared.Contracts.Api;
using Microsoft.Extensions.DependencyInjection;

namespace MicroVm.ControlPlane.Tests.Api;

/// <summary>The logs API, answered by the real agent's log.</summary>
public sealed class LogTests
{
    private static readonly string s_path = ApiPaths.Logs("edge-1", "hello");

    [Fact]
    public async Task Logs_TailAfterAndSince_GiveTheLinesAskedFor()
    {
        await using RunningControlPlane controlPlane = await RunningControlPlane.StartAsync();
        await using AgentSessions agent = await AgentSessions.StartAsync(controlPlane);
        agent.Write("a", "b", "c", "d");

        List<LogEntryView> tail = await LogsAsync(controlPlane, "?tail=2");
        List<LogEntryView> after = await LogsAsync(controlPlane, $"?after={tail[0].Cursor}");

        Assert.Equal(["c", "d"], tail.Select(line => line.Text));
        Assert.Equal(["d"], after.Select(line => line.Text));
        Assert.Equal(("edge-1", "hello", "stdout", 3L), (tail[0].Device, tail[0].Vm, tail[0].Stream, tail[0].Cursor));
        Assert.Empty(await LogsAsync(controlPlane, "?tail=10&since=2024-01-01T00:00:00Z"));
        Assert.Equal(4, (await LogsAsync(controlPlane, "?tail=10&since=2023-01-01")).Count);
    }

    [Fact]
    public async Task LogsFollow_SendsWhatIsThereAndWhatComes_AndResumesBehindTheLastEventId()
    {
        await using RunningControlPlane controlPlane = await RunningControlPlane.StartAsync();
        await using AgentSessions agent = await AgentSessions.StartAsync(controlPlane);
        agent.Write("before");
        await using EventStream events = await EventStream.OpenAsync(controlPlane, s_path + "?follow=true");

        (string kind, string? id, LogEntryView first) = (await events.NextAsync(ApiJsonContext.Default.LogEntryView))!.Value;
        agent.Write("after", "then");
        (_, _, LogEntryView second) = (await events.NextAsync(ApiJsonContext.Default.LogEntryView))!.Value;
        await using EventStream resumed = await EventStream.OpenAsync(controlPlane, s_path + "?follow=true&tail=1", $"{second.Cursor}");

        Assert.Equal(("log", "1", "before"), (kind, id, first.Text));
        Assert.Equal("after", second.Text);
        Assert.Equal("then", (await resumed.NextAsync(ApiJsonContext.Default.LogEntryView))!.Value.Data.Text);
    }

    [Fact]
    public async Task LogsFollow_HostStops_EndsTheStream()
    {
        RunningControlPlane controlPlane = await RunningControlPlane.StartAsync();
        await using AgentSessions agent = await AgentSessions.StartAsync(controlPlane);
        agent.Write("a");
        await using EventStream events = await EventStream.OpenAsync(controlPlane, s_path + "?follow=true");
        Assert.NotNull(await events.NextAsync(ApiJsonContext.Default.LogEntryView));
        var next = events.NextAsync(ApiJsonContext.Default.LogEntryView);

        await controlPlane.DisposeAsync();

        Assert.Null(await next);
    }

    [Fact]
    public async Task Logs_DeviceIsOffline_SaysSinceWhenAndWhereTheyAre()
    {
        await using RunningControlPlane controlPlane = await RunningControlPlane.StartAsync();
        await using AgentSessions agent = await AgentSessions.StartAsync(controlPlane);
        await agent.Device.DisposeAsync();
        ConnectionRegistry registry = controlPlane.Services.GetRequiredService<ConnectionRegistry>();
        await Eventually.IsAsync(() => registry.Count == 0, "device is offline");

        using HttpResponseMessage response = await controlPlane.SendAsync(HttpMethod.Get, s_path);

        Assert.Matches(
            @"^device 'edge-1' is not connected since \d{4}-.*Z; its logs are on the device$",
            (await RunningControlPlane.ProblemAsync(response, HttpStatusCode.ServiceUnavailable)).Detail);
    }

    /// <summary><c>mvm logs -f</c> over connections that break in the middle of anything: every line, once, in order.</summary>
    [Fact]
    public async Task LogsFollow_ConnectionsCutAtRandomPoints_MvmHasEveryLineOnce()
    {
        const int Lines = 400;
        await using RunningControlPlane controlPlane = await RunningControlPlane.StartAsync();
        await using AgentSessions agent = await AgentSessions.StartAsync(controlPlane);
        using CuttingProxy proxy = new(controlPlane.Address.Port, seed: 7);
        using CancellationTokenSource enough = new();
        LineCount count = new(Lines, enough);
        agent.Write("line 1");

        Task<SessionCliRun> run = SessionCliRun.OfAsync(
            controlPlane, new Uri($"https://127.0.0.1:{proxy.Port}"), [], count, enough.Token, "logs", "-f", "--timestamps", "false", "edge-1/hello");
        await count.First.Within("first line");
        for (int i = 2; i <= Lines; i++)
        {
            agent.Write($"line {i}");
        }

        SessionCliRun done = await run.Within("all lines");

        Assert.Equal(Enumerable.Range(1, Lines).Select(i => $"line {i}"), done.Out.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.True(proxy.Cuts > 3, $"{proxy.Cuts} cuts");
        Assert.Contains("connection to the control plane lost, connecting again", done.Error, StringComparison.Ordinal);
    }

    private static async Task<List<LogEntryView>> LogsAsync(RunningControlPlane controlPlane, string query) =>
        [.. (await controlPlane.GetAsync(s_path + query, ApiJsonContext.Default.ListViewLogEntryView)).Items];
}
