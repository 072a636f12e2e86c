using System.Text;
using MicroVm.ControlPlane.Tests.Kit;
using MicroVm.ControlPlane.Tests.Sessions;
using MicroVm.Shared.Contracts.Sessions;
using MicroVm.Shared.Sessions;

namespace MicroVm.ControlPlane.Tests.Cli;

/// <summary><c>mvm exec</c> through a real control plane and the real agent's sessions to an init that the test plays.</summary>
public sealed class ExecCommandTests
{
    [Fact]
    public async Task Exec_PassesBytesAsTheyAreAndTheExitCode()
    {
        await using RunningControlPlane controlPlane = await RunningControlPlane.StartAsync();
        await using AgentSessions agent = await AgentSessions.StartAsync(controlPlane);
        byte[] input = new byte[200_000];
        Random.Shared.NextBytes(input);
        Task<SessionCliRun> run = SessionCliRun.OfAsync(controlPlane, input, "exec", "-i", "-u", "app", "-w", "/srv", "-e", "A=b=c", "edge-1/hello", "--", "cat", "-n");
        (SessionChannel init, SessionOpen open) = await agent.Guest.TakeAsync().Within("session at the guest");

        await init.SayAsync(SessionFrameKind.Opened);
        using MemoryStream received = new();
        SessionFrame frame;
        while ((frame = await init.NextAsync()).Kind == SessionFrameKind.Input)
        {
            received.Write(frame.Content.Span);
            await init.SendAsync(SessionFrameKind.Output, frame.Content.ToArray(), default);
        }

        await init.SayAsync(SessionFrameKind.ErrorOutput, "to stderr");
        await init.SendAsync(SessionFrameKind.Closed, new SessionClosed(42).Encode(), default);
        SessionCliRun done = await run.Within("end of mvm exec");

        Assert.Equal(SessionFrameKind.InputEnd, frame.Kind);
        Assert.Equal(input, received.ToArray());
        Assert.Equal(input, done.RawOut);
        Assert.Equal((42, "to stderr", ""), (done.Code, Encoding.UTF8.GetString(done.RawError), done.Error));
        Assert.Equal(("cat -n", "app", "/srv", "b=c", false), (string.Join(' ', open.Command), open.User, open.WorkingDirectory, open.Environment["A"], open.Terminal));
    }

    [Fact]
    public async Task Exec_WithoutInput_EndsTheProgramsInputAtOnce()
    {
        await using RunningControlPlane controlPlane = await RunningControlPlane.StartAsync();
        await using AgentSessions agent = await AgentSessions.StartAsync(controlPlane);
        Task<SessionCliRun> run = SessionCliRun.OfAsync(controlPlane, "not passed"u8.ToArray(), "exec", "edge-1/hello", "--", "true");
        (SessionChannel init, _) = await agent.Guest.TakeAsync().Within("session at the guest");

        await init.SayAsync(SessionFrameKind.Opened);
        await init.HearAsync(SessionFrameKind.InputEnd);
        await init.SendAsync(SessionFrameKind.Closed, new SessionClosed(0).Encode(), default);

        Assert.Equal(0, (await run.Within("end of mvm exec")).Code);
    }

    [Fact]
    public async Task Exec_ProgramIsMissing_SaysSoAndEndsWithItsCode()
    {
        await using RunningControlPlane controlPlane = await RunningControlPlane.StartAsync();
        await using AgentSessions agent = await AgentSessions.StartAsync(controlPlane);
        Task<SessionCliRun> run = SessionCliRun.OfAsync(controlPlane, [], "exec", "edge-1/hello", "--", "nothing");
        (SessionChannel init, _) = await agent.Guest.TakeAsync().Within("session at the guest");

        await init.SendAsync(SessionFrameKind.Closed, new SessionClosed(127, "nothing: not found in PATH").Encode(), default);
        SessionCliRun done = await run.Within("end of mvm exec");

        Assert.Equal((127, "mvm: nothing: not found in PATH\n"), (done.Code, done.Error));
    }

    [Fact]
    public async Task Exec_WhatGoesWrong_IsSaidInWords()
    {
        await using RunningControlPlane controlPlane = await RunningControlPlane.StartAsync();
        await using AgentSessions agent = await AgentSessions.StartAsync(controlPlane);

        Assert.Equal((1, "error: VM: expected one of device 'edge-1', found 'other'\n"), await FailAsync(controlPlane, "exec", "edge-1/other", "--", "id"));
        Assert.Equal((1, "error: device: expected one that is known, found 'edge-7'\n"), await FailAsync(controlPlane, "exec", "edge-7/hello", "--", "id"));
        agent.Refusal = "VM 'hello' does not run: it is BackOff";
        Assert.Equal((1, "error: VM 'hello' does not run: it is BackOff\n"), await FailAsync(controlPlane, "exec", "edge-1/hello", "--", "id"));
        (int code, string text) = await FailAsync(controlPlane, "exec", "-it", "edge-1/hello", "--", "sh");
        Assert.Equal((2, "error: -t: expected a terminal at standard input, found none; leave -t out to pipe"), (code, text.Split('\n')[0]));
    }

    [Fact]
    public async Task Exec_DeviceIsLost_EndsAndSaysSo()
    {
        await using RunningControlPlane controlPlane = await RunningControlPlane.StartAsync();
        await using AgentSessions agent = await AgentSessions.StartAsync(controlPlane);
        Task<SessionCliRun> run = SessionCliRun.OfAsync(controlPlane, [], "exec", "edge-1/hello", "--", "sleep", "9");
        (SessionChannel init, _) = await agent.Guest.TakeAsync().Within("session at the guest");
        await init.SayAsync(SessionFrameKind.Opened);
        await init.HearAsync(SessionFrameKind.InputEnd);

        await init.DisposeAsync();
        SessionCliRun done = await run.Within("end of mvm exec");

        Assert.Equal((1, "error: VM 'hello' ended the session\n"), (done.Code, done.Error));
    }

    private static async Task<(int Code, string Error)> FailAsync(RunningControlPlane controlPlane, params string[] arguments)
    {
        SessionCliRun run = await SessionCliRun.OfAsync(controlPlane, [], arguments).Within("mvm exec");
        return (run.Code, run.Error);
    }
}
