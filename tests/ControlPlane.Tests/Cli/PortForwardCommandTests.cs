using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using MicroVm.ControlPlane.Tests.Kit;
using MicroVm.ControlPlane.Tests.Sessions;
using MicroVm.Shared.Contracts.Sessions;
using MicroVm.Shared.Sessions;

namespace MicroVm.ControlPlane.Tests.Cli;

/// <summary><c>mvm port-forward</c> through a real control plane and the real agent's sessions.</summary>
public sealed partial class PortForwardCommandTests
{
    [Fact]
    public async Task PortForward_EachConnectionIsASession_AndBothHalvesEndByThemselves()
    {
        await using RunningControlPlane controlPlane = await RunningControlPlane.StartAsync();
        await using AgentSessions agent = await AgentSessions.StartAsync(controlPlane);
        using CancellationTokenSource interrupt = new();
        FirstLine said = new();
        Task<SessionCliRun> run = SessionCliRun.OfAsync(controlPlane, [], said, interrupt.Token, "port-forward", "edge-1/hello", "0:80", ":443");
        int port = int.Parse(PortNumber().Match(await said.Line.Within("mvm listens")).Groups[1].Value);

        using TcpClient one = new(), other = new();
        await one.ConnectAsync(IPAddress.Loopback, port);
        (SessionChannel init, SessionOpen open) = await agent.Guest.TakeAsync().Within("first session");
        await other.ConnectAsync(IPAddress.Loopback, port);
        (SessionChannel second, _) = await agent.Guest.TakeAsync().Within("second session");
        await init.SayAsync(SessionFrameKind.Opened);
        NetworkStream stream = one.GetStream();
        await stream.WriteAsync("GET /"u8.ToArray());
        Assert.Equal("GET /", await init.HearAsync(SessionFrameKind.Input));
        one.Client.Shutdown(SocketShutdown.Send);
        await init.HearAsync(SessionFrameKind.InputEnd);
        await init.SayAsync(SessionFrameKind.Output, "answer");
        await init.SayAsync(SessionFrameKind.OutputEnd);
        using StreamReader answer = new(stream);
        Assert.Equal("answer", await answer.ReadToEndAsync().Within("answer"));
        await init.SendAsync(SessionFrameKind.Closed, new SessionClosed(0).Encode(), default);
        await second.SendAsync(SessionFrameKind.Closed, new SessionClosed(0, "port 80: connection refused").Encode(), default);
        Assert.Equal(0, await other.GetStream().ReadAsync(new byte[1]).AsTask().Within("end of the second connection"));

        await interrupt.CancelAsync();
        SessionCliRun done = await run.Within("end of mvm port-forward");

        Assert.Equal((0, "connection: port 80: connection refused\n"), (done.Code, done.Error));
        Assert.Equal((SessionKind.Forward, 80), (open.Kind, open.Port));
        Assert.Matches(@"^127\.0\.0\.1:\d+ is port 80 of edge-1/hello\n127\.0\.0\.1:\d+ is port 443 of edge-1/hello\n$", done.Out);
    }

    [Fact]
    public async Task PortForward_ConnectionHereIsReset_EndsTheSession()
    {
        await using RunningControlPlane controlPlane = await RunningControlPlane.StartAsync();
        await using AgentSessions agent = await AgentSessions.StartAsync(controlPlane);
        using CancellationTokenSource interrupt = new();
        FirstLine said = new();
        Task<SessionCliRun> run = SessionCliRun.OfAsync(controlPlane, [], said, interrupt.Token, "port-forward", "edge-1/hello", ":80");
        int port = int.Parse(PortNumber().Match(await said.Line.Within("mvm listens")).Groups[1].Value);
        TcpClient client = new();
        await client.ConnectAsync(IPAddress.Loopback, port);
        (SessionChannel init, _) = await agent.Guest.TakeAsync().Within("session");

        // Not the client's own way, which says goodbye first.
        client.Client.LingerState = new LingerOption(true, 0);
        client.Client.Dispose();

        Assert.True((await init.ReceiveAsync(default).AsTask().Within("end at the guest")).IsEmpty);
        await interrupt.CancelAsync();
        Assert.Equal(0, (await run.Within("end of mvm port-forward")).Code);
    }

    [Theory]
    [InlineData("port: expected LOCAL:REMOTE or REMOTE, numbers up to 65535, found '1:2:3'", "1:2:3")]
    [InlineData("port: expected LOCAL:REMOTE or REMOTE, numbers up to 65535, found '70000'", "70000")]
    [InlineData("port: expected LOCAL:REMOTE or REMOTE, numbers up to 65535, found '80:0'", "80:0")]
    [InlineData("--address: expected an IP address, found 'here'", "80", "--address", "here")]
    public async Task PortForward_WrongArguments_AreNamed(string expected, params string[] arguments)
    {
        CliRun run = await CliRun.OfAsync("http://127.0.0.1:1", ["port-forward", "edge-1/hello", .. arguments]);

        Assert.Equal((2, $"error: {expected}"), (run.Code, run.Error.Split('\n')[0]));
    }

    [GeneratedRegex(@":(\d+) is port")]
    private static partial Regex PortNumber();
}
