using MicroVm.EdgeAgent.Reporting;
using MicroVm.EdgeAgent.Tests.TestDoubles;
using MicroVm.EdgeAgent.Vms;
using MicroVm.Shared.Contracts.Guest;
using MicroVm.Shared.Contracts.Reported;
using MicroVm.Shared.Contracts.Sessions;
using MicroVm.Shared.Contracts.Telemetry;

namespace MicroVm.EdgeAgent.Tests.Reporting;

public sealed class VmEventDecisionsTests
{
    private static readonly DateTimeOffset s_now = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly VmRun s_run = new(Guid.NewGuid(), 1, 1, "boot", 3, s_now);
    private static readonly VmRecord s_idle = new() { Spec = Specs.Vm() };
    private static readonly VmRecord s_running = s_idle with { Run = s_run, Phase = VmPhase.Running };

    [Fact]
    public void OfRecord_FromStartToRemoval_TellsTheStory()
    {
        VmRecord exited = s_running with { Exit = new VmExit(3, "", s_now) };
        VmRecord backOff = exited with { Run = null, Phase = VmPhase.BackOff, Crashes = 1 };
        VmRecord again = backOff with { Run = s_run with { Id = Guid.NewGuid() }, Exit = null, Restarts = 1 };
        VmRecord stopped = again with { Run = null };

        Assert.Equal(
            [
                "Started: revision 1, image app:1",
                "! WorkloadFailed: the workload ended with code 3",
                "Started: revision 1, image app:1, restart 1",
                "Stopped: revision 1 was stopped",
                "Removed: revision 1 was removed",
            ],
            Tell(null, s_idle, s_running, exited, backOff, again, stopped, null));
    }

    [Fact]
    public void OfRecord_EndsBecauseItIsStopped_IsNoFailure()
    {
        VmRecord stopping = s_running with { Phase = VmPhase.Stopping };
        VmRecord exited = stopping with { Exit = new VmExit(143, "", s_now) };

        Assert.Equal(["Stopped: revision 1 was stopped"], Tell(s_running, stopping, exited, exited with { Run = null, Exit = null, Phase = VmPhase.Pending }));
    }

    [Fact]
    public void OfRecord_JobEndsWell_IsNoWarning() =>
        Assert.Equal(["Completed: the workload ended with code 0"], Tell(s_running, s_running with { Exit = new VmExit(0, "", s_now) }));

    [Fact]
    public void OfRecord_GuestKnowsTheCause_IsTheReason() => Assert.Equal(
        ["! OutOfMemory: the guest ran out of memory and its kernel killed the workload (code 137)"],
        Tell(s_running, s_running with { Exit = new VmExit(137, "", s_now, GuestExitCause.OutOfMemory) }));

    [Fact]
    public void OfRecord_ThirdFailureInARow_IsACrashLoopAndSaidOnce()
    {
        VmRecord second = s_idle with { Phase = VmPhase.BackOff, Crashes = 2, Exit = new VmExit(1, "", s_now) };
        VmRecord third = second with { Crashes = 3, RetryAt = s_now.AddSeconds(4) };

        Assert.Equal(
            ["! CrashLoop: failed 3 times in a row; last: the workload ended with code 1; next try at 00:00:04 UTC"],
            Tell(second, third, third with { Crashes = 4 }));
    }

    [Fact]
    public void LastWords_LinesOfThisRunAndOfOthers_IsTheLastErrorOfThisRun()
    {
        SessionLogEntry Line(int second, LogStream stream, string text) =>
            new(1, s_now.AddSeconds(second).ToUnixTimeMilliseconds() * 1_000_000, stream, text);

        SessionLogEntry earlier = Line(-5, LogStream.Stderr, "of the run before"), error = Line(1, LogStream.Stderr, "no\tdatabase"),
            output = Line(2, LogStream.Stdout, new string('x', 300)), empty = Line(3, LogStream.Stderr, " ");

        Assert.Equal("; last it wrote: no database", VmEventDecisions.LastWords(s_run, [earlier, error, output, empty]));
        Assert.Equal($"; last it wrote: {new string('x', 200)}…", VmEventDecisions.LastWords(s_run, [earlier, output, empty]));
        Assert.Equal("", VmEventDecisions.LastWords(s_run, [earlier]));
        Assert.Equal("", VmEventDecisions.LastWords(null, [error]));
    }

    [Fact]
    public void OfRecord_OnlyThePhaseChanges_SaysNothing() =>
        Assert.Empty(Tell(s_running with { Phase = VmPhase.Starting }, s_running));

    [Theory]
    [InlineData(null, "PortConflict", true, "PortConflict")]
    [InlineData("PortConflict", "PortConflict", null, null)]
    [InlineData("PortConflict", "NoSpace", true, "NoSpace")]
    [InlineData("PortConflict", null, false, "Recovered")]
    [InlineData(null, null, null, null)]
    public void OfRemark_Changes_AreSaidByReason(string? before, string? after, bool? warning, string? reason)
    {
        VmEvent? said = VmEventDecisions.OfRemark(Remark(before), Remark(after));

        Assert.Equal((warning, reason), (said?.IsWarning, said?.Reason));
    }

    [Theory]
    [InlineData(null, true, null)]
    [InlineData(null, false, null)]
    [InlineData(false, true, "Ready")]
    [InlineData(true, false, "NotReady")]
    [InlineData(true, true, null)]
    public void OfHealth_ReadinessChanges_AreSaid(bool? before, bool after, string? reason) => Assert.Equal(
        reason,
        VmEventDecisions.OfHealth(before is bool was ? new VmHealth(true, was, "") : null, new VmHealth(true, after, "x"))?.Reason);

    private static VmRemark? Remark(string? reason) => reason is null ? null : new VmRemark(null, reason, "text");

    private static IEnumerable<string> Tell(params VmRecord?[] records) => records.Zip(records.Skip(1))
        .SelectMany(pair => VmEventDecisions.OfRecord(pair.First, pair.Second))
        .Select(one => $"{(one.IsWarning ? "! " : "")}{one.Reason}: {one.Message}");
}
