using MicroVm.EdgeAgent.Observed;
using MicroVm.EdgeAgent.Planning.Steps;
using MicroVm.EdgeAgent.Reconcile;
using MicroVm.EdgeAgent.Vms;
using MicroVm.Shared.Contracts.Desired;

namespace MicroVm.EdgeAgent.Planning;

/// <content>
/// Jobs with a schedule. A run that was missed while the device was off is made up for once; one that comes while the run
/// before goes on is left out; one that failed is tried again when its policy says so, until the next is due.
/// </content>
internal static partial class VmPlanner
{
    private const string ScheduleInvalid = nameof(ScheduleInvalid);

    /// <summary>The clock may be set at any moment, so a time by the clock is looked at again at least this often.</summary>
    private static readonly TimeSpan s_lookAtClock = TimeSpan.FromMinutes(1);

    private static VmPlan PlanScheduled(VmSpec desired, VmObservation observed, DateTimeOffset now)
    {
        if (JobSchedule.Next(desired.Schedule, now) is not DateTimeOffset next)
        {
            return VmPlan.Of(new RefuseVmStep(desired, ScheduleInvalid, ScheduleFault(desired)));
        }

        VmRecord? record = observed.Record?.SpecDigest == desired.ContentDigest() ? observed.Record : null;
        if (record?.Exit is { IsForGood: true })
        {
            return VmPlan.Nothing;
        }

        if (record?.DueAt is not DateTimeOffset due || due > next || ClockBounds.WasSetBetween(due, now))
        {
            // Not known yet, or the clock was set since: back, or over decades, and then nothing was missed.
            return VmPlan.WaitForTime(UntilDue(next, now), new ScheduleJobStep(desired, next));
        }

        bool tryAgain = record.Exit is VmExit exit ? exit.IsFailure && ShouldRestart(desired.RestartPolicy, exit) : record.Crashes > 0;
        TimeSpan backOff = tryAgain ? Remaining(record.RetryAt, now, BackOff.Bound(record.Crashes)) : TimeSpan.Zero;
        if (now >= due && (record.Exit is not null || backOff <= TimeSpan.Zero))
        {
            return PlanFetchAndStart(desired, observed, now);
        }

        return !tryAgain ? VmPlan.WaitForTime(UntilDue(due, now))
            : backOff > TimeSpan.Zero ? VmPlan.Wait(backOff)
            : PlanFetchAndStart(desired, observed, now);
    }

    /// <summary>What a job that runs misses while it does.</summary>
    private static VmPlan PlanWhileJobRuns(VmSpec desired, VmRecord record, DateTimeOffset now)
    {
        if (JobSchedule.Next(desired.Schedule, now) is not DateTimeOffset next)
        {
            return VmPlan.Nothing;
        }

        if (record.DueAt is not DateTimeOffset due || due > next || ClockBounds.WasSetBetween(due, now))
        {
            return VmPlan.WaitForTime(UntilDue(next, now), new ScheduleJobStep(desired, next));
        }

        return due <= now
            ? VmPlan.WaitForTime(UntilDue(next, now), new ScheduleJobStep(desired, next, due))
            : VmPlan.WaitForTime(UntilDue(due, now));
    }

    private static TimeSpan UntilDue(DateTimeOffset due, DateTimeOffset now) => due - now > s_lookAtClock ? s_lookAtClock : due - now;

    private static string ScheduleFault(VmSpec desired) =>
        $"schedule '{desired.Schedule}': expected five fields as crontab(5) has them and a time that comes, found none";
}
