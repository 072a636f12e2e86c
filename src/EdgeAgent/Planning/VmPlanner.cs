using MicroVm.EdgeAgent.Observed;
using MicroVm.EdgeAgent.Planning.Steps;
using MicroVm.EdgeAgent.Reconcile;
using MicroVm.EdgeAgent.Vms;
using MicroVm.Shared.Contracts.Desired;
using MicroVm.Shared.Contracts.Reported;

namespace MicroVm.EdgeAgent.Planning;

/// <summary>
/// Decides what to do about one VM from what is desired and what is so. Pure: the same arguments give the same plan.
/// <code>
/// desired  running   plan
/// no       no        remove
/// no       yes       stop, remove
/// yes      yes       same specification: nothing; other: fetch, stop, start
/// yes      no        ended for good: nothing; else wait for the back-off, fetch, start;
///                    image missing, and what ran before is complete: that is started, and the replacement begins
/// </code>
/// One that does not have its memory is not started, and stopped when it runs; one whose memory another VM still holds waits. One that holds
/// more than its own for too long is restarted.
/// A job with a schedule is started when it is due. A specification whose image is for another architecture is refused, and what runs goes on.
/// </summary>
internal static partial class VmPlanner
{
    /// <summary>The word for a VM that has its memory as soon as another has ended.</summary>
    internal const string WaitsForMemory = nameof(WaitsForMemory);

    private const string MemoryReclaimed = nameof(MemoryReclaimed);

    private const string ImagePlatformMismatch = nameof(ImagePlatformMismatch);

    /// <summary>A guest whose workload ended powers off by itself within ten seconds; after this it is made to.</summary>
    internal static readonly TimeSpan PowerOffLimit = TimeSpan.FromSeconds(15);

    private static readonly TimeSpan s_lookAtMemory = TimeSpan.FromSeconds(10);

    /// <summary>The plan for one VM.</summary>
    /// <param name="desired">Its desired specification; null when it should not be there.</param>
    /// <param name="observed">What is so.</param>
    /// <param name="now">The device's clock.</param>
    internal static VmPlan Plan(VmSpec? desired, VmObservation observed, DateTimeOffset now)
    {
        if (desired is null)
        {
            return PlanRemoval(observed);
        }

        if (!observed.Memory.Fits)
        {
            return PlanOverBudget(desired, observed);
        }

        if (observed is { ProcessAlive: true, Reclaim: string why })
        {
            return PlanReclaim(desired, observed.Record!, why, now);
        }

        if (observed.ProcessAlive && observed.Record!.SpecDigest == desired.ContentDigest())
        {
            return PlanRunning(desired, observed.Record, now);
        }

        string runsOn = desired.Image.Architecture;
        return runsOn.Length > 0 && runsOn != observed.Architecture ? Refuse(desired, observed.Architecture)
            : observed.ProcessAlive ? PlanReplacement(desired, observed, now)
            : PlanStart(desired, observed, now);
    }

    /// <summary>True when the policy wants a workload that ended this way to be started again.</summary>
    internal static bool ShouldRestart(RestartPolicy policy, VmExit exit) => !exit.IsForGood && policy switch
    {
        RestartPolicy.Always => true,
        RestartPolicy.OnFailure => exit.IsFailure,
        _ => false,
    };

    /// <summary>Where a VM is after its run ended: a failure that is not tried again is one for good.</summary>
    internal static VmPhase PhaseAfter(RestartPolicy policy, VmExit exit)
    {
        if (ShouldRestart(policy, exit))
        {
            return VmPhase.BackOff;
        }

        return exit.IsFailure ? VmPhase.Failed : VmPhase.Completed;
    }

    /// <summary>
    /// True when what ran last under a VM's name may run until the image of what is desired is there. A job with a schedule has its
    /// time instead.
    /// </summary>
    internal static bool MayStandIn(VmSpec desired, VmRecord record) =>
        desired.Schedule.Length == 0 && record.Spec.Schedule.Length == 0
        && (record.Exit is null || ShouldRestart(record.Spec.RestartPolicy, record.Exit))
        && record.SpecDigest != desired.ContentDigest();

    private static VmPlan Refuse(VmSpec desired, string architecture) => VmPlan.Of(new RefuseVmStep(
        desired,
        ImagePlatformMismatch,
        $"image {desired.Image.Name}: expected one for {architecture}, which this device is, found one for {desired.Image.Architecture}"));

    private static VmPlan PlanRemoval(VmObservation observed) => observed switch
    {
        { Record: null } => VmPlan.Nothing,
        { ProcessAlive: true, Record: VmRecord record } =>
            VmPlan.Of(new StopVmStep(record.Name, "no longer desired"), new RemoveVmStep(record.Name)),
        { Record: VmRecord record } => VmPlan.Of(new RemoveVmStep(record.Name)),
    };

    private static VmPlan PlanRunning(VmSpec desired, VmRecord record, DateTimeOffset now)
    {
        if (record.Phase == VmPhase.Stopping)
        {
            // The agent ended while it stopped it. Whether it runs again is planned once it has ended.
            return new VmPlan([new StopVmStep(record.Name, "its stop was begun by the agent before")], TimeSpan.Zero);
        }

        if (record.Exit is null)
        {
            return desired.Schedule.Length > 0 ? PlanWhileJobRuns(desired, record, now) : VmPlan.Nothing;
        }

        TimeSpan left = Remaining(record.Exit.At + PowerOffLimit, now, PowerOffLimit);
        return left > TimeSpan.Zero
            ? VmPlan.Wait(left)
            : VmPlan.Of(new StopVmStep(record.Name, "its workload ended and the guest did not power off"));
    }

    private static VmPlan PlanReplacement(VmSpec desired, VmObservation observed, DateTimeOffset now)
    {
        if (WaitForMemory(desired, observed) is VmPlan wait)
        {
            return wait;
        }

        StopVmStep stop = new(desired.Name, $"replaced by revision {desired.Revision}");
        if (desired.Schedule.Length > 0)
        {
            // When the new one runs is planned once the old one is gone.
            return new VmPlan([stop], TimeSpan.Zero);
        }

        StartVmStep start = new(desired);
        return observed.ImagePresent
            ? VmPlan.Of(stop, start)
            : AfterFetchDelay(observed, now, VmPlan.Of(new FetchImageStep(desired.Name, desired.Image), stop, start));
    }

    private static VmPlan PlanStart(VmSpec desired, VmObservation observed, DateTimeOffset now)
    {
        if (desired.Schedule.Length > 0)
        {
            return PlanScheduled(desired, observed, now);
        }

        if (observed.Record is VmRecord record && record.SpecDigest == desired.ContentDigest())
        {
            if (record.Exit is not null && !ShouldRestart(desired.RestartPolicy, record.Exit))
            {
                return VmPlan.Nothing;
            }

            TimeSpan left = Remaining(record.RetryAt, now, BackOff.Bound(record.Crashes));
            if (left > TimeSpan.Zero)
            {
                return VmPlan.Wait(left);
            }
        }

        return observed is { ImagePresent: false, RecordImagePresent: true, Memory.StandInFits: true, Record: VmRecord before } && MayStandIn(desired, before)
            ? PlanStandIn(desired, before, observed, now)
            : PlanFetchAndStart(desired, observed, now);
    }

    /// <summary>What ran before, by its own back-off; in the meantime the image is fetched, as it is again once that runs.</summary>
    private static VmPlan PlanStandIn(VmSpec desired, VmRecord record, VmObservation observed, DateTimeOffset now)
    {
        TimeSpan left = Remaining(record.RetryAt, now, BackOff.Bound(record.Crashes));
        if (left > TimeSpan.Zero)
        {
            return WithinTime(PlanFetchAndStart(desired, observed, now, giveWayAfter: left), left);
        }

        return WaitForMemory(record.Spec, observed) is null
            ? new VmPlan([new StartVmStep(record.Spec, IsStandIn: true)], TimeSpan.Zero)
            : WithinTime(PlanFetchAndStart(desired, observed, now), s_lookAtMemory);
    }

    private static VmPlan WithinTime(VmPlan plan, TimeSpan limit) => plan.LookAgainAfter > limit ? plan with { LookAgainAfter = limit } : plan;

    private static VmPlan PlanOverBudget(VmSpec desired, VmObservation observed)
    {
        VmRemark remark = new(VmPhase.Pending, AdmissionDecisions.OverBudget, observed.Memory.Message);
        bool stop = observed.ProcessAlive && !observed.Memory.KeepsRunning;
        RemarkVmStep say = new(desired.Name, remark);
        return stop ? VmPlan.Of(new StopVmStep(desired.Name, $"over budget: it {observed.Memory.Message}"), say) : VmPlan.Of(say);
    }

    /// <summary>It comes back with its least. A job with a schedule is due again at once, as after a boot.</summary>
    private static VmPlan PlanReclaim(VmSpec desired, VmRecord record, string why, DateTimeOffset now)
    {
        RemarkVmStep say = new(record.Name, new VmRemark(VmPhase.Pending, MemoryReclaimed, why));
        StopVmStep stop = new(record.Name, $"restarted for its memory: it {why}");
        return desired.Schedule.Length > 0 && record.SpecDigest == desired.ContentDigest()
            ? new VmPlan([say, stop, new ScheduleJobStep(desired, now)], TimeSpan.Zero)
            : new VmPlan([say, stop], TimeSpan.Zero);
    }

    /// <summary>The plan while VMs that are to end still hold the memory; null when it is free.</summary>
    private static VmPlan? WaitForMemory(VmSpec desired, VmObservation observed)
    {
        int cost = MemoryDemand.CostOf(desired);
        if (AdmissionDecisions.HasRoom(cost, observed.FreeMib, observed.ProcessAlive ? MemoryDemand.CostOf(observed.Record!.Spec) : 0))
        {
            return null;
        }

        VmRemark remark = new(
            VmPhase.Pending, WaitsForMemory, $"needs {cost} MiB, of which {Math.Max(0, observed.FreeMib)} MiB are free until others have ended");
        return new VmPlan([new RemarkVmStep(desired.Name, remark)], s_lookAtMemory);
    }

    private static VmPlan PlanFetchAndStart(VmSpec desired, VmObservation observed, DateTimeOffset now, TimeSpan? giveWayAfter = null)
    {
        if (WaitForMemory(desired, observed) is VmPlan wait)
        {
            return wait;
        }

        StartVmStep start = new(desired);
        return observed.ImagePresent
            ? VmPlan.Of(start)
            : AfterFetchDelay(observed, now, VmPlan.Of(new FetchImageStep(desired.Name, desired.Image, giveWayAfter), start));
    }

    private static VmPlan AfterFetchDelay(VmObservation observed, DateTimeOffset now, VmPlan plan)
    {
        TimeSpan left = Remaining(observed.FetchNotBefore, now, BackOff.Longest);
        return left > TimeSpan.Zero ? VmPlan.Wait(left) : plan;
    }

    /// <summary>
    /// Time left until a moment; none when that is more than the delay it was made with: the clock was set back since, and that
    /// must not hold a VM.
    /// </summary>
    private static TimeSpan Remaining(DateTimeOffset? moment, DateTimeOffset now, TimeSpan longest)
    {
        TimeSpan left = (moment ?? now) - now;
        return left > longest ? TimeSpan.Zero : left;
    }
}
