using MicroVm.EdgeAgent.Observed;
using MicroVm.EdgeAgent.Planning;
using MicroVm.EdgeAgent.Planning.Steps;
using MicroVm.EdgeAgent.Reconcile;
using MicroVm.EdgeAgent.Vms;
using MicroVm.Shared.Contracts.Desired;
using MicroVm.Shared.Contracts.Reported;

namespace MicroVm.EdgeAgent.Tests.Planning;

/// <summary>One VM on a device where every step does what it says. Time passes only when the plan waits.</summary>
internal sealed class PlannedWorld(VmSpec? desired, VmObservation observed, DateTimeOffset now)
{
    internal VmObservation Observed { get; private set; } = observed;

    internal DateTimeOffset Now { get; private set; } = now;

    /// <summary>Every step that was done.</summary>
    internal List<PlanStep> Done { get; } = [];

    /// <summary>Plans and does until there is nothing to do but to wait, or for so many rounds; says whether it came to rest.</summary>
    /// <param name="rounds">Most plans that are made.</param>
    /// <param name="failures">How many of the first steps that can fail do, each as its executor says so.</param>
    internal bool Settle(int rounds, int failures = 0)
    {
        for (int round = 0; round < rounds; round++)
        {
            VmPlan plan = VmPlanner.Plan(desired, Observed, Now);
            foreach (PlanStep step in plan.Steps)
            {
                if (failures > 0 && Fail(step))
                {
                    failures--;
                    break;
                }

                Do(step);
                Done.Add(step);
            }

            bool says = plan.Steps.All(step => step is RefuseVmStep or RemarkVmStep);
            if (says && (plan.LookAgainAfter is null || IsWaitingForOthers(plan)))
            {
                return true;
            }

            Now += plan.LookAgainAfter ?? TimeSpan.Zero;
        }

        return false;
    }

    /// <summary>For memory, or for a job's time: nothing that this VM could do about it.</summary>
    private bool IsWaitingForOthers(VmPlan plan) => plan.Steps.Any(step => step is RemarkVmStep) || (desired?.Schedule.Length > 0 && Observed.Record?.DueAt > Now);

    /// <summary>What a step leaves that was not done; false when it always is.</summary>
    private bool Fail(PlanStep step)
    {
        switch (step)
        {
            case FetchImageStep:
                Observed = Observed with { FetchNotBefore = Now + BackOff.Longest };
                return true;
            case StartVmStep start:
                VmRecord record = Observed.Record?.SpecDigest == start.Spec.ContentDigest() ? Observed.Record : new VmRecord { Spec = start.Spec };
                int crashes = record.Crashes + 1;
                Observed = Observed with
                {
                    Record = record with { Run = null, Exit = null, Crashes = crashes, RetryAt = Now + BackOff.Delay(crashes, 0.5), Phase = VmPhase.BackOff },
                };
                return true;
            case StopVmStep or RemoveVmStep:
                return true;
            default:
                return false;
        }
    }

    private void Do(PlanStep step) => Observed = step switch
    {
        FetchImageStep => Observed with { ImagePresent = true, FetchNotBefore = null },
        StartVmStep start => Observed with
        {
            ProcessAlive = true,
            RecordImagePresent = true,
            Record = new VmRecord
            {
                Spec = start.Spec,
                Phase = VmPhase.Running,
                Run = new VmRun(Guid.NewGuid(), 1, 1, "boot", 3, Now),
                DueAt = start.Spec.Schedule.Length > 0 ? JobSchedule.Next(start.Spec.Schedule, Now) : null,
            },
        },
        StopVmStep => Observed with { ProcessAlive = false, Reclaim = null, Record = VmRunEnd.Stopped(Observed.Record!) },
        RemoveVmStep => Observed with { Record = null },
        ScheduleJobStep schedule => Observed with
        {
            Record = (Observed.Record?.SpecDigest == schedule.Spec.ContentDigest() ? Observed.Record : new VmRecord { Spec = schedule.Spec })
                with { DueAt = schedule.DueAt },
        },
        _ => Observed,
    };
}
