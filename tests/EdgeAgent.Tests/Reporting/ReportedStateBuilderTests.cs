using MicroVm.EdgeAgent.Reporting;
using MicroVm.EdgeAgent.Tests.TestDoubles;
using MicroVm.EdgeAgent.Vms;
using MicroVm.Shared.Contracts.Desired;
using MicroVm.Shared.Contracts.Guest;
using MicroVm.Shared.Contracts.Reported;

namespace MicroVm.EdgeAgent.Tests.Reporting;

public sealed class ReportedStateBuilderTests
{
    private static readonly DateTimeOffset s_now = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Build_DesiredButUnknown_IsPending()
    {
        VmStatus status = Build(Specs.State(1, Specs.Vm(revision: 4))).Single();

        Assert.Equal(("web", "shop", 4, VmPhase.Pending, 128), (
            status.Name.Value, status.Deployment.Value, status.Revision, status.Phase, status.MemoryMib));
    }

    [Fact]
    public void Build_FetchFailed_IsBackOffWithTheReason()
    {
        VmEntry entry = new(Specs.Vm().Name) { Remark = new VmRemark(VmPhase.BackOff, "DigestMismatch", "expected x, found y") };

        VmStatus status = Build(Specs.State(1, Specs.Vm()), entry).Single();

        Assert.Equal((VmPhase.BackOff, "DigestMismatch", "expected x, found y"), (status.Phase, status.Reason, status.Message));
    }

    [Fact]
    public void Build_MessageIsCutWithinACharacter_CanStillBeReported()
    {
        VmEntry entry = new(Specs.Vm().Name) { Remark = new VmRemark(VmPhase.BackOff, "StartFailed", new string('x', 499) + "😀") };

        ReportedState report = new(new UplinkHeader(Guid.NewGuid(), 1, 1), 1, Build(Specs.State(1, Specs.Vm()), entry));

        Assert.Equal(new string('x', 499), ReportedState.Decode(report.Encode()).Vms.Single().Message);
    }

    [Theory]
    [InlineData(null, "VmmEnded", "gone")]
    [InlineData(0, "WorkloadEnded", "gone")]
    [InlineData(3, "WorkloadFailed", "gone (code 3)")]
    public void Build_EndedAndComesBack_SaysHowItEnded(int? code, string reason, string message)
    {
        VmRecord record = new()
        {
            Spec = Specs.Vm(), Phase = VmPhase.BackOff, Exit = new VmExit(code, "gone", s_now), LastExitCode = code, Restarts = 2,
        };

        VmStatus status = Build(Specs.State(1, Specs.Vm()), new VmEntry(record.Name) { Record = record }).Single();

        Assert.Equal((VmPhase.BackOff, reason, message, 2, code), (
            status.Phase, status.Reason, status.Message, status.Restarts, status.LastExitCode));
    }

    [Theory]
    [InlineData(GuestExitCause.NotStarted, 127, "WorkloadNotStarted", "said (code 127)")]
    [InlineData(GuestExitCause.OutOfMemory, 137, "OutOfMemory", "said (code 137)")]
    [InlineData(GuestExitCause.LivenessProbeFailed, 143, "LivenessProbeFailed", "ended because its liveness probe failed: said")]
    [InlineData(GuestExitCause.StartupProbeFailed, 0, "StartupProbeFailed", "ended because its start-up probe failed: said")]
    public void Build_GuestKnowsTheCause_SaysIt(GuestExitCause cause, int code, string reason, string message)
    {
        VmRecord record = new() { Spec = Specs.Vm(), Phase = VmPhase.Failed, Exit = new VmExit(code, "said", s_now, cause) };

        VmStatus status = Build(Specs.State(1, Specs.Vm()), new VmEntry(record.Name) { Record = record }).Single();

        Assert.Equal((VmPhase.Failed, reason, message, false), (status.Phase, status.Reason, status.Message, status.Ready));
    }

    [Fact]
    public void Build_FailsAgainAndAgain_IsACrashLoopThatNamesTheLastFailure()
    {
        VmRecord record = new()
        {
            Spec = Specs.Vm(), Phase = VmPhase.BackOff, Exit = new VmExit(3, "", s_now), Crashes = 5, RetryAt = s_now.AddSeconds(16),
        };

        VmStatus status = Build(Specs.State(1, Specs.Vm()), new VmEntry(record.Name) { Record = record }).Single();

        Assert.Equal("CrashLoop", status.Reason);
        Assert.Equal($"failed 5 times in a row; last: the workload ended with code 3; next try at {s_now.AddSeconds(16):HH:mm:ss} UTC", status.Message);
    }

    [Fact]
    public void Build_JobWaitsForItsSchedule_SaysWhenItRuns()
    {
        VmRecord record = new() { Spec = Specs.Vm(), DueAt = s_now.AddHours(1) };

        VmStatus status = Build(Specs.State(1, Specs.Vm()), new VmEntry(record.Name) { Record = record }).Single();

        Assert.Equal((VmPhase.Pending, "WaitsForSchedule", s_now.AddHours(1).ToUnixTimeMilliseconds()), (status.Phase, status.Reason, status.NextRunUnixMs));
    }

    [Theory]
    [InlineData(0, null, "", "")]
    [InlineData(3, 127, "StartedAgain", "ended or failed 3 times in a row, last with code 127")]
    [InlineData(2, null, "StartedAgain", "ended or failed 2 times in a row")]
    public void Build_StartsAfterFailures_StillSaysSo(int crashes, int? code, string reason, string message)
    {
        VmRecord record = new() { Spec = Specs.Vm(), Phase = VmPhase.Starting, Crashes = crashes, LastExitCode = code };

        VmStatus status = Build(Specs.State(1, Specs.Vm()), new VmEntry(record.Name) { Record = record }).Single();

        Assert.Equal((VmPhase.Starting, reason, message), (status.Phase, status.Reason, status.Message));
    }

    [Fact]
    public void Build_OtherRevisionDesiredAndNothingRuns_ForgetsTheOldOnesCounts()
    {
        VmRecord record = new() { Spec = Specs.Vm(), Phase = VmPhase.Completed, LastExitCode = 1, Restarts = 2 };

        VmStatus status = Build(Specs.State(2, Specs.Vm(revision: 2)), new VmEntry(record.Name) { Record = record }).Single();

        Assert.Equal((2, VmPhase.Pending, 0, null), (status.Revision, status.Phase, status.Restarts, status.LastExitCode));
    }

    [Fact]
    public void Build_NoLongerDesired_IsReportedUntilItIsRemoved()
    {
        VmRecord record = new() { Spec = Specs.Vm("b"), Phase = VmPhase.Stopping };

        IReadOnlyList<VmStatus> statuses = Build(
            Specs.State(2, Specs.Vm("a")), new VmEntry(record.Name) { Record = record }, new VmEntry(Specs.Vm("c").Name));

        Assert.Equal([("a", VmPhase.Pending), ("b", VmPhase.Stopping)], statuses.Select(status => (status.Name.Value, status.Phase)));
    }

    private static IReadOnlyList<VmStatus> Build(DesiredState desired, params VmEntry[] entries) =>
        ReportedStateBuilder.Build(desired, entries);
}
