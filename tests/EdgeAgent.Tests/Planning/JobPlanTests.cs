using MicroVm.EdgeAgent.Observed;
using MicroVm.EdgeAgent.Planning;
using MicroVm.EdgeAgent.Planning.Steps;
using MicroVm.EdgeAgent.Tests.TestDoubles;
using MicroVm.EdgeAgent.Vms;
using MicroVm.Shared.Contracts.Desired;

namespace MicroVm.EdgeAgent.Tests.Planning;

/// <summary>Jobs with a schedule, at 12:02 with a run due every five minutes.</summary>
public sealed class JobPlanTests
{
    private static readonly DateTimeOffset s_now = new(2026, 1, 1, 12, 2, 0, TimeSpan.Zero);
    private static readonly DateTimeOffset s_next = new(2026, 1, 1, 12, 5, 0, TimeSpan.Zero);

    [Fact]
    public void Plan_JobIsNew_NotesWhenItRunsAndStartsNothing()
    {
        VmPlan plan = VmPlanner.Plan(Job(), VmObservation.None with { ImagePresent = true }, s_now);

        Assert.Equal(new ScheduleJobStep(plan.Steps.OfType<ScheduleJobStep>().Single().Spec, s_next), Assert.Single(plan.Steps));
        Assert.Equal(TimeSpan.FromMinutes(1), plan.LookAgainAfter);
    }

    [Fact]
    public void Plan_OtherRevisionWasScheduled_IsScheduledAnew()
    {
        VmRecord record = new() { Spec = Job() with { Revision = 7 }, DueAt = s_now.AddSeconds(-1) };

        Assert.Equal(s_next, Due(VmPlanner.Plan(Job(), Stopped(record), s_now)));
    }

    [Theory]
    [InlineData(10, 10)]
    [InlineData(180, 60)]
    public void Plan_NotDue_LooksAgainAndNotLaterThanInAMinute(int dueInSeconds, int expected)
    {
        VmPlan plan = VmPlanner.Plan(Job(), Stopped(Record(s_now.AddSeconds(dueInSeconds))), s_now);

        Assert.Empty(plan.Steps);
        Assert.Equal(TimeSpan.FromSeconds(expected), plan.LookAgainAfter);
    }

    [Fact]
    public void Plan_WaitsForNothingButItsTime_IsUnhindered()
    {
        VmRecord running = Record(s_next) with { Run = new VmRun(Guid.NewGuid(), 1, 1, "boot", 3, s_now) };
        VmObservation[] waiting =
        [
            VmObservation.None, Stopped(Record(s_next)), Stopped(Record(s_now.AddYears(70))),
            new() { Record = running, ProcessAlive = true }, new() { Record = running with { DueAt = s_now }, ProcessAlive = true },
        ];

        Assert.All(waiting, one => Assert.True(VmPlanner.Plan(Job(), one, s_now).IsUnhindered));
    }

    [Fact]
    public void Plan_JobHoldsMemoryThatAnotherWaitsFor_IsStoppedAndDueAgain()
    {
        VmRecord record = Record(s_next) with { Run = new VmRun(Guid.NewGuid(), 1, 1, "boot", 3, s_now) };

        VmPlan plan = VmPlanner.Plan(Job(), new VmObservation { Record = record, ProcessAlive = true, Reclaim = "held 92 MiB" }, s_now);

        Assert.Equal([typeof(RemarkVmStep), typeof(StopVmStep), typeof(ScheduleJobStep)], plan.Steps.Select(static step => step.GetType()));
        VmRecord stopped = VmRunEnd.Stopped(record) with { DueAt = ((ScheduleJobStep)plan.Steps[2]).DueAt };
        Assert.IsType<StartVmStep>(Assert.Single(VmPlanner.Plan(Job(), Stopped(stopped), s_now).Steps));
    }

    [Fact]
    public void Plan_WaitsForABackOff_IsNotUnhindered()
    {
        VmRecord failed = Record(s_now) with { Crashes = 2, RetryAt = s_now.AddSeconds(2) };

        Assert.False(VmPlanner.Plan(Job(), Stopped(failed), s_now).IsUnhindered);
        Assert.False(VmPlanner.Plan(
            Job(), Stopped(Record(s_now)) with { ImagePresent = false, FetchNotBefore = s_now.AddSeconds(9) }, s_now).IsUnhindered);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-86_400)]
    public void Plan_DueOrMissed_IsStarted(int dueInSeconds) =>
        Assert.IsType<StartVmStep>(Assert.Single(VmPlanner.Plan(Job(), Stopped(Record(s_now.AddSeconds(dueInSeconds))), s_now).Steps));

    [Fact]
    public void Plan_DueAndImageMissing_IsFetchedAndStarted() => Assert.Equal(
        [typeof(FetchImageStep), typeof(StartVmStep)],
        VmPlanner.Plan(Job(), Stopped(Record(s_now)) with { ImagePresent = false }, s_now).Steps.Select(step => step.GetType()));

    [Fact]
    public void Plan_ClockWasSetBack_IsScheduledAnew() =>
        Assert.Equal(s_next, Due(VmPlanner.Plan(Job(), Stopped(Record(s_now.AddYears(70))), s_now)));

    [Theory]
    [InlineData(1970, 2026)]
    [InlineData(2026, 2099)]
    [InlineData(2099, 2026)]
    public void Plan_ClockWasSetOverDecades_IsScheduledAnewAndNotRunAsMissed(int noted, int year)
    {
        DateTimeOffset now = new(year, 1, 1, 12, 2, 0, TimeSpan.Zero);
        VmRecord record = Record(new DateTimeOffset(noted, 1, 1, 3, 0, 0, TimeSpan.Zero));

        Assert.Equal(now.AddMinutes(3), Due(VmPlanner.Plan(Job(), Stopped(record), now)));
        VmRecord running = record with { Run = new VmRun(Guid.NewGuid(), 1, 1, "boot", 3, now) };
        ScheduleJobStep step = Assert.IsType<ScheduleJobStep>(Assert.Single(
            VmPlanner.Plan(Job(), new VmObservation { Record = running, ProcessAlive = true }, now).Steps));
        Assert.Equal((now.AddMinutes(3), null), (step.DueAt, step.Skipped));
    }

    [Fact]
    public void Plan_StillRunsWhenDue_LeavesTheRunOut()
    {
        VmRecord record = Record(s_now) with { Run = new VmRun(Guid.NewGuid(), 1, 1, "boot", 3, s_now.AddHours(-1)) };

        ScheduleJobStep step = Assert.IsType<ScheduleJobStep>(Assert.Single(
            VmPlanner.Plan(Job(), new VmObservation { Record = record, ProcessAlive = true }, s_now).Steps));

        Assert.Equal((s_next, (DateTimeOffset?)s_now), (step.DueAt, step.Skipped));
    }

    [Theory]
    [InlineData(RestartPolicy.Never, 1, 60)]
    [InlineData(RestartPolicy.OnFailure, 0, 60)]
    [InlineData(RestartPolicy.OnFailure, 1, 8)]
    public void Plan_EndedBeforeItIsDueAgain_IsTriedAgainOnlyAfterAFailureAndByItsPolicy(RestartPolicy policy, int code, int expected)
    {
        VmSpec job = Job() with { RestartPolicy = policy };
        VmRecord record = new()
        {
            Spec = job, DueAt = s_next, Exit = new VmExit(code, "", s_now), Crashes = 4, RetryAt = s_now.AddSeconds(8),
        };

        VmPlan plan = VmPlanner.Plan(job, Stopped(record), s_now);

        Assert.Empty(plan.Steps);
        Assert.Equal(TimeSpan.FromSeconds(expected), plan.LookAgainAfter);
        Assert.Equal(expected == 8, VmPlanner.Plan(job, Stopped(record), s_now.AddSeconds(8)).Steps.Count == 1);
    }

    [Fact]
    public void Plan_FailedAndDueAgain_DoesNotWaitForTheBackOff()
    {
        VmRecord record = Record(s_now) with { Exit = new VmExit(1, "", s_now), Crashes = 9, RetryAt = s_now.AddMinutes(4) };

        Assert.IsType<StartVmStep>(Assert.Single(VmPlanner.Plan(Job(), Stopped(record), s_now).Steps));
    }

    [Fact]
    public void Plan_CouldNotBeStartedWhenDue_WaitsForTheBackOff()
    {
        VmRecord record = Record(s_now) with { Crashes = 2, RetryAt = s_now.AddSeconds(2) };

        Assert.Equal(TimeSpan.FromSeconds(2), VmPlanner.Plan(Job(), Stopped(record), s_now).LookAgainAfter);
    }

    [Theory]
    [InlineData("every day")]
    [InlineData("0 0 31 2 *")]
    public void Plan_ScheduleThatNeverComes_IsRefusedWithItsText(string schedule)
    {
        RefuseVmStep refusal = Assert.IsType<RefuseVmStep>(Assert.Single(
            VmPlanner.Plan(Job() with { Schedule = schedule }, VmObservation.None, s_now).Steps));

        Assert.Equal("ScheduleInvalid", refusal.Reason);
        Assert.Contains($"'{schedule}'", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Plan_NewRevisionWhileItRuns_StopsAndPlansAgainAtOnce()
    {
        VmRecord record = new() { Spec = Job(), Run = new VmRun(Guid.NewGuid(), 1, 1, "boot", 3, s_now), DueAt = s_next };

        VmPlan plan = VmPlanner.Plan(
            Job() with { Revision = 2 }, new VmObservation { Record = record, ProcessAlive = true, ImagePresent = true }, s_now);

        Assert.IsType<StopVmStep>(Assert.Single(plan.Steps));
        Assert.Equal(TimeSpan.Zero, plan.LookAgainAfter);
    }

    private static VmSpec Job() => Specs.Vm(policy: RestartPolicy.Never) with { Kind = WorkloadKind.Job, Schedule = "*/5 * * * *" };

    private static VmRecord Record(DateTimeOffset due) => new() { Spec = Job(), DueAt = due };

    private static VmObservation Stopped(VmRecord record) => new() { Record = record, ImagePresent = true };

    private static DateTimeOffset Due(VmPlan plan) => Assert.IsType<ScheduleJobStep>(Assert.Single(plan.Steps)).DueAt;
}
