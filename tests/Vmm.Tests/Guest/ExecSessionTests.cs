using System.Buffers.Binary;
using System.Text;
using MicroVm.Shared.Contracts.Desired;
using MicroVm.Shared.Contracts.Sessions;
using MicroVm.Vmm.Guest.Interop;
using MicroVm.Vmm.Guest.Sessions;

namespace MicroVm.Vmm.Tests.Guest;

public class ExecSessionTests
{
    public ExecSessionTests() => Assert.SkipUnless(Environment.IsPrivilegedProcess, "taking on another identity needs root");

    [Fact]
    public void Exec_ProgramThatWritesAndEnds_IsOpenedThenOutputThenItsExitCode()
    {
        using SessionPeer peer = new();
        peer.Open(SessionPeer.Shell("echo out; echo err >&2; exit 3"));
        Assert.Equal(new SessionClosed(3), peer.UntilClosed());
        Assert.Equal(SessionFrameKind.Opened, peer.Frames[0].Kind);
        Assert.Equal(("out\n", "err\n"), (peer.Output, peer.Errors));
    }

    [Fact]
    public void Exec_NothingSaid_HasTheWorkloadsEnvironmentDirectoryAndUser()
    {
        using SessionPeer peer = new(SessionPeer.Workload("4242:4343"));
        peer.Open(SessionPeer.Shell("echo $NAME $PWD $(id -u):$(id -g) ${TERM-none}"));
        Assert.Equal(0, peer.UntilClosed().ExitCode);
        Assert.Equal("workload /tmp 4242:4343 none\n", peer.Output);
    }

    [Fact]
    public void Exec_OtherwiseSaid_HasWhatWasSaid()
    {
        using SessionPeer peer = new(SessionPeer.Workload("4242:4343"));
        peer.Open(SessionPeer.Shell("echo $NAME $PATH $PWD $(id -u):$(id -g)") with
        {
            User = "77:88",
            WorkingDirectory = "/usr",
            Environment = new Dictionary<string, string> { ["NAME"] = "other" },
        });
        Assert.Equal(0, peer.UntilClosed().ExitCode);
        Assert.Equal("other /usr/bin:/bin /usr 77:88\n", peer.Output);
    }

    [Fact]
    public void Exec_RootWorkload_HasItsCapabilitiesAndLimits()
    {
        using SessionPeer peer = new(SessionPeer.Workload() with
        {
            DropCapabilities = ["ALL"],
            AddCapabilities = ["CAP_CHOWN", "CAP_KILL"],
            Limits = [new ResourceLimit("RLIMIT_NOFILE", 777, 999)],
        });
        peer.Open(SessionPeer.Shell("grep -E 'Cap(Inh|Prm|Eff|Bnd|Amb)' /proc/self/status; ulimit -Sn; ulimit -Hn"));
        Assert.Equal(0, peer.UntilClosed().ExitCode);
        const string Kept = "0000000000000021", None = "0000000000000000";
        Assert.Equal($"CapInh:\t{None}\nCapPrm:\t{Kept}\nCapEff:\t{Kept}\nCapBnd:\t{Kept}\nCapAmb:\t{None}\n777\n999\n", peer.Output);
    }

    [Fact]
    public void Exec_OtherUser_HasNoCapabilitiesBeyondItsBounds()
    {
        using SessionPeer peer = new(SessionPeer.Workload("4242:4343"));
        peer.Open(SessionPeer.Shell("grep -E 'Cap(Prm|Eff|Bnd)' /proc/self/status"));
        Assert.Equal(0, peer.UntilClosed().ExitCode);
        Assert.Equal("CapPrm:\t0000000000000000\nCapEff:\t0000000000000000\nCapBnd:\t00000000a80425fb\n", peer.Output);
    }

    [Fact]
    public void Exec_InputThenItsEnd_ReachesTheProgram()
    {
        using SessionPeer peer = new();
        peer.Open(new SessionOpen { Kind = SessionKind.Exec, Command = ["cat"] });
        peer.SendText("one ");
        peer.Until(() => peer.Output == "one ", "the first part to come back");
        peer.SendText("two");
        peer.Send(SessionFrameKind.InputEnd);
        Assert.Equal(new SessionClosed(0), peer.UntilClosed());
        Assert.Equal("one two", peer.Output);
    }

    [Theory]
    [InlineData("/no/such/program", 127)]
    [InlineData("no-such-program", 127)]
    [InlineData("/tmp", 126)]
    public void Exec_ProgramThatCannotBeStarted_IsClosedWithTheReasonAndNeverOpened(string program, int exitCode)
    {
        using SessionPeer peer = new();
        peer.Open(new SessionOpen { Kind = SessionKind.Exec, Command = [program] });
        SessionClosed closed = peer.UntilClosed();
        Assert.Equal(exitCode, closed.ExitCode);
        Assert.Contains(program, closed.Fault, StringComparison.Ordinal);
        Assert.Single(peer.Frames);
    }

    [Fact]
    public void Exec_UnknownUser_IsClosedWithTheReason()
    {
        using SessionPeer peer = new();
        peer.Open(SessionPeer.Shell("true") with { User = "no-such-user" });
        Assert.StartsWith("user 'no-such-user'", peer.UntilClosed().Fault, StringComparison.Ordinal);
    }

    [Fact]
    public void Exec_Signal_ReachesTheWholeGroup()
    {
        using SessionPeer peer = new();
        peer.Open(SessionPeer.Shell("sleep 1000 & echo ready; wait"));
        peer.Until(() => peer.Output == "ready\n", "the program to be ready");
        peer.Send(SessionFrameKind.Signal, 15);
        Assert.Equal(new SessionClosed(128 + 15), peer.UntilClosed());
    }

    [Fact]
    public void Exec_PeerThatVanishes_EndsTheGroup()
    {
        using SessionPeer peer = new();
        peer.Open(SessionPeer.Shell("sleep 1000 & echo ready; wait"));
        peer.Until(() => peer.Output == "ready\n", "the program to be ready");
        peer.Vanish();
        peer.Until(() => peer.Server.Count == 0, "the program to end", receiving: false);
    }

    [Fact]
    public void Exec_PeerThatVanishesFromAProgramThatIgnoresHangUp_KillsIt()
    {
        using SessionPeer peer = new();
        peer.Open(SessionPeer.Shell("trap '' HUP; echo ready; while :; do sleep 1000; done"));
        peer.Until(() => peer.Output == "ready\n", "the program to be ready");
        peer.Vanish();
        peer.Until(() => peer.Server.Count == 0, "the program to be killed", receiving: false);
    }

    [Fact]
    public void Exec_ProgramThatReadsNothing_HoldsInputBackUntilItDoes()
    {
        using SessionPeer peer = new();
        peer.Open(SessionPeer.Shell("trap : USR1; echo ready; sleep 1000 & wait; cat | wc -c; kill %1"));
        peer.Until(() => peer.Output == "ready\n", "the program to be ready");

        // Input is pushed until nothing moves any more: what is held is bounded, however much the peer has.
        byte[] frame = new SessionFrame(SessionFrameKind.Input, new byte[64 << 10]).EncodeWithLength();
        long sent = 0;
        for (int idle = 0; idle < 5;)
        {
            int count = peer.TrySend(frame.AsMemory((int)(sent % frame.Length)));
            sent += count;
            idle = count == 0 ? idle + 1 : 0;
            peer.Serve();
        }

        Assert.InRange(sent, 64 << 10, 4 << 20);
        Libc.kill(peer.Pids[0], 10);
        peer.SendRaw(frame.AsMemory((int)(sent % frame.Length)));
        peer.Send(SessionFrameKind.InputEnd);
        peer.UntilClosed();
        long frames = (sent / frame.Length) + 1;
        Assert.Equal($"ready\n{frames * (64 << 10)}\n", peer.Output);
    }

    [Fact]
    public void Exec_PeerThatReadsNothing_HoldsTheProgramBackAndLosesNothing()
    {
        using SessionPeer peer = new();
        peer.Open(SessionPeer.Shell("head -c 1048576 /dev/zero; echo end"));
        // Served without receiving until the program waits for room.
        for (int i = 0; i < 200; i++)
        {
            peer.Serve();
        }

        Assert.Equal(1, peer.Server.Count);
        Assert.Equal(new SessionClosed(0), peer.UntilClosed());
        Assert.Equal(1048576 + 4, peer.Frames.Where(static frame => frame.Kind == SessionFrameKind.Output).Sum(static frame => frame.Content.Length));
    }

    [Fact]
    public void Exec_ProgramThatLeavesSomethingRunning_IsClosedWithWhatWasWritten()
    {
        using SessionPeer peer = new();
        peer.Open(SessionPeer.Shell("sleep 1000 & echo $!"));
        Assert.Equal(0, peer.UntilClosed().ExitCode);
        Assert.Equal(0, Libc.kill(int.Parse(peer.Output), 9));
    }

    [Fact]
    public void Exec_Terminal_HasItsSizeItsNameAndTakesKeys()
    {
        using SessionPeer peer = new();
        peer.Open(SessionPeer.Shell("stty size; tty; echo $TERM; read line; echo got $line; exit 5", terminal: true) with { Rows = 31, Columns = 97 });
        peer.Until(() => peer.Output.Contains("xterm", StringComparison.Ordinal), "the terminal to be described");
        peer.SendText("keys\r");
        Assert.Equal(new SessionClosed(5), peer.UntilClosed());
        Assert.StartsWith("31 97\r\n/dev/pts/", peer.Output, StringComparison.Ordinal);
        Assert.EndsWith("got keys\r\n", peer.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Exec_TerminalResized_TellsTheProgram()
    {
        using SessionPeer peer = new();
        peer.Open(SessionPeer.Shell("trap 'stty size; exit' WINCH; echo ready; while :; do sleep 0.1; done", terminal: true));
        peer.Until(() => peer.Output.Contains("ready", StringComparison.Ordinal), "the program to be ready");
        byte[] size = new byte[Terminal.SizeBytes];
        BinaryPrimitives.WriteUInt16BigEndian(size, 40);
        BinaryPrimitives.WriteUInt16BigEndian(size.AsSpan(2), 132);
        peer.Send(SessionFrameKind.Resize, size);
        peer.UntilClosed();
        Assert.EndsWith("40 132\r\n", peer.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Exec_TerminalInterruptKey_IsASignal()
    {
        using SessionPeer peer = new();
        peer.Open(SessionPeer.Shell("echo ready; exec sleep 1000", terminal: true));
        peer.Until(() => peer.Output.Contains("ready", StringComparison.Ordinal), "the program to be ready");
        peer.Send(SessionFrameKind.Input, 3);
        Assert.Equal(128 + 2, peer.UntilClosed().ExitCode);
    }

    [Fact]
    public void Exec_TerminalWithMuchOutput_LosesNothingAtTheEnd()
    {
        using SessionPeer peer = new();
        peer.Open(SessionPeer.Shell("seq 20000", terminal: true));
        Assert.Equal(0, peer.UntilClosed().ExitCode);
        StringBuilder expected = new();
        for (int i = 1; i <= 20000; i++)
        {
            expected.Append(i).Append("\r\n");
        }

        Assert.Equal(expected.ToString(), peer.Output);
    }
}
