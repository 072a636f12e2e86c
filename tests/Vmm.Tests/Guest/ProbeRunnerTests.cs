using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using MicroVm.Shared.Contracts.Desired;
using MicroVm.Shared.Contracts.Guest;
using MicroVm.Vmm.Guest.Probes;
using GuestLoop = MicroVm.Vmm.Guest.Supervision.EventLoop;

namespace MicroVm.Vmm.Tests.Guest;

/// <summary>Probes against real programs and ports; time is what the test says it is.</summary>
public sealed class ProbeRunnerTests
{
    private static readonly TimeSpan s_longest = TimeSpan.FromSeconds(60);

    private readonly GuestLoop _loop = new();
    private readonly TestLauncher _launcher = new();
    private readonly List<HealthState> _changes = [];
    private ProbeRunner _runner = null!;

    [Fact]
    public void Tcp_PortThatListens_IsReadyAfterItsDelay()
    {
        using Socket listener = Listen(out int port);
        Begin(new ProbeSet(null, null, new Probe { Kind = ProbeKind.Tcp, Port = port, InitialDelaySeconds = 7 }));
        Assert.Equal(7_000, _runner.Due);
        Advance(7_000);
        Until(() => _changes is [{ Ready: true, Message: "" }], "to be ready");
        Assert.Equal(17_000, _runner.Due);
    }

    [Fact]
    public void Tcp_PortWhereNothingListens_SaysSo()
    {
        using Socket listener = Listen(out int port);
        listener.Dispose();
        Begin(new ProbeSet(null, new Probe { Kind = ProbeKind.Tcp, Port = port, FailureThreshold = 2, PeriodSeconds = 3 }, null));
        Advance(0);
        Until(() => _runner.Due == 3_000, "the first look to end");
        Assert.Empty(_changes);
        Advance(3_000);
        Until(() => _changes.Count > 0, "liveness to fail");
        Assert.Equal(GuestExitCause.LivenessProbeFailed, _changes[0].Fault);
        Assert.StartsWith($"port {port}: ", _changes[0].Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("HTTP/1.1 204 No Content\r\n\r\n", true, "")]
    [InlineData("HTTP/1.0 399 Odd\r\n\r\n", true, "")]
    [InlineData("HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n", false, "HTTP status 503")]
    [InlineData("HTTP/1.1 199 Odd\r\n\r\n", false, "HTTP status 199")]
    [InlineData("SSH-2.0-OpenSSH_9.2\r\n", false, "expected an answer of HTTP/1, found another or none")]
    [InlineData("HTTP", false, "expected an answer of HTTP/1, found another or none")]
    [InlineData("", false, "expected an answer of HTTP/1, found another or none")]
    public void Http_Answer_IsJudgedByItsStatus(string answer, bool ready, string message)
    {
        using Socket listener = Listen(out int port);
        Begin(new ProbeSet(null, null, new Probe { Kind = ProbeKind.Http, Port = port, Path = "/healthz?full=1", FailureThreshold = 1 }));
        Advance(0);
        using Socket server = listener.Accept();
        server.Blocking = false;
        string request = "";
        Until(() => (request += Receive(server)).EndsWith("\r\n\r\n", StringComparison.Ordinal), "the request");
        Assert.StartsWith($"GET /healthz?full=1 HTTP/1.1\r\nHost: localhost:{port}\r\n", request, StringComparison.Ordinal);
        server.Send(Encoding.UTF8.GetBytes(answer));
        server.Shutdown(SocketShutdown.Send);
        Until(() => _changes.Count > 0, "a finding");
        Assert.Equal((ready, message.Length == 0 ? "" : $"port {port}: {message}"), (_changes[0].Ready, _changes[0].Message));
    }

    [Fact]
    public void Http_ServerThatDoesNotAnswer_FailsWhenItsTimeIsUp()
    {
        using Socket listener = Listen(out int port);
        Begin(new ProbeSet(new Probe { Kind = ProbeKind.Http, Port = port, TimeoutSeconds = 4, FailureThreshold = 1 }, null, null));
        Advance(0);
        Assert.Equal(4_000, _runner.Due);
        Advance(4_000);
        Assert.Equal((GuestExitCause.StartupProbeFailed, "no answer within 4 s"), (_changes[0].Fault, _changes[0].Message));
        Assert.Equal(long.MaxValue, _runner.Due);
    }

    [Theory]
    [InlineData("exit 0", true, "")]
    [InlineData("echo not yet; exit 4", false, "sh: exit code 4: not yet")]
    [InlineData("yes | head -c 1000000; exit 5", false, "sh: exit code 5: y y y")]
    public void Exec_Program_IsJudgedByItsExitCode(string script, bool ready, string message)
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "taking on another identity needs root");
        Begin(new ProbeSet(null, null, Exec("sh", "-c", script)));
        Advance(0);
        Until(() => _changes.Count > 0, "a finding");
        Assert.Equal(ready, _changes[0].Ready);
        Assert.StartsWith(message, _changes[0].Message, StringComparison.Ordinal);
        Assert.InRange(_changes[0].Message.Length, 0, 300);
    }

    [Fact]
    public void Exec_ProgramThatIsNotThere_SaysSo()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "taking on another identity needs root");
        Begin(new ProbeSet(null, null, Exec("no-such-program")));
        Advance(0);
        Until(() => _changes.Count > 0, "a finding");
        Assert.StartsWith("program 'no-such-program'", _changes[0].Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Exec_ProgramThatTakesTooLong_IsKilledBeforeTheNextLook()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "taking on another identity needs root");
        Begin(new ProbeSet(null, null, Exec("sleep", "1000")));
        Advance(0);
        Advance(1_000);
        Assert.Equal("no answer within 1 s", _changes[0].Message);
        Until(() => !_launcher.Running.Any(), "the program to be killed");
        Assert.Equal(10_000, _runner.Due);
    }

    [Fact]
    public void Startup_UntilItSucceeds_TheOthersDoNotLook()
    {
        using Socket startup = Listen(out int startupPort);
        using Socket readiness = Listen(out int readinessPort);
        Begin(new ProbeSet(
            new Probe { Kind = ProbeKind.Tcp, Port = startupPort, InitialDelaySeconds = 5 }, null, new Probe { Kind = ProbeKind.Tcp, Port = readinessPort }));
        Assert.Equal((5_000, false), (_runner.Due, _runner.State.StartedUp));
        Advance(5_000);
        Until(() => _changes is [{ StartedUp: true, Ready: false }], "to be started up");
        Advance(5_001);
        Until(() => _changes is [_, { Ready: true }], "to be ready");
    }

    [Fact]
    public void Stop_WhileALookIsOnItsWay_NothingIsFoundAnyMore()
    {
        using Socket listener = Listen(out int port);
        Begin(new ProbeSet(null, new Probe { Kind = ProbeKind.Http, Port = port, FailureThreshold = 1 }, null));
        Advance(0);
        _runner.Stop();
        Advance(100_000);
        Assert.Empty(_changes);
        Assert.Equal(long.MaxValue, _runner.Due);
    }

    private static Probe Exec(params string[] command) => new() { Kind = ProbeKind.Exec, Command = command, FailureThreshold = 1 };

    private static Socket Listen(out int port)
    {
        Socket listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen(4);
        port = ((IPEndPoint)listener.LocalEndPoint!).Port;
        return listener;
    }

    private static string Receive(Socket socket)
    {
        byte[] chunk = new byte[4096];
        int count = socket.Receive(chunk, 0, chunk.Length, SocketFlags.None, out SocketError _);
        return Encoding.UTF8.GetString(chunk, 0, count);
    }

    private void Begin(ProbeSet probes)
    {
        GuestConfig config = new(SessionPeer.Workload(), "guest", 5) { Probes = probes };
        _runner = new ProbeRunner(_loop, _launcher, config, 0, _changes.Add);
    }

    private void Advance(long now)
    {
        _runner.ServeDeadlines(now);
    }

    private void Until(Func<bool> holds, string what)
    {
        long began = Stopwatch.GetTimestamp();
        while (!holds())
        {
            Assert.True(Stopwatch.GetElapsedTime(began) < s_longest, $"expected {what}; changes: {string.Join(", ", _changes)}");
            _loop.ServeOne(10);
            _launcher.TakeEnded(_runner.TakeEnd);
        }
    }
}
