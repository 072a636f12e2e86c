using System.Collections.Frozen;
using Microsoft.Extensions.Logging;
using MicroVm.EdgeAgent.Desired;
using MicroVm.EdgeAgent.Diagnostics;
using MicroVm.EdgeAgent.Images;
using MicroVm.EdgeAgent.Observed;
using MicroVm.EdgeAgent.Planning;
using MicroVm.EdgeAgent.Planning.Steps;
using MicroVm.EdgeAgent.Reconcile;
using MicroVm.EdgeAgent.Vms;
using MicroVm.Shared.Contracts.Desired;
using MicroVm.Shared.Identity;

namespace MicroVm.EdgeAgent.Execution;

/// <summary>Brings one VM a plan closer to what is desired: observes, plans, executes.</summary>
internal sealed class VmReconciler(
    DesiredIntake intake,
    PauseSwitch pause,
    VmTable table,
    ImageStore images,
    MemoryAdmission memory,
    VmPreparer preparer,
    IEnumerable<IStepExecutor> executors,
    TimeProvider time,
    ILogger logger,
    CancellationToken shutdown)
{
    private const string Paused = nameof(Paused);

    /// <summary>When to look again at what keeps a running VM from being replaced.</summary>
    private static readonly TimeSpan s_hinderedPeriod = TimeSpan.FromSeconds(30);

    private readonly FrozenDictionary<Type, IStepExecutor> _executors = executors.ToFrozenDictionary(executor => executor.StepType);

    /// <summary>Who holds the device as it is; nobody holds one that is being wiped.</summary>
    private string? PauseText => intake.IsAbandoned ? null : pause.Text;

    /// <summary>The work of the VM's one worker.</summary>
    internal async Task<ReconcileResult> ReconcileAsync(ResourceName name, CancellationToken interrupt)
    {
        VmSpec? desired = intake.Current.Vms.FirstOrDefault(spec => spec.Name == name);
        VmEntry? entry = desired is null ? table.Find(name) : table.GetOrAdd(name);
        if (entry is null)
        {
            return ReconcileResult.Done;
        }

        string? held = entry.Record?.SpecDigest != desired?.ContentDigest() ? PauseText : null;
        if (held is not null)
        {
            // The device is held as it is: what was started stays desired, and what was not is not started.
            table.SetRemark(entry, new VmRemark(null, Paused, $"a change waits: the device is held {held}"));
            if (entry.Record is null)
            {
                return ReconcileResult.Done;
            }

            desired = entry.Record.Spec;
        }

        if (desired is null && entry.Record is null)
        {
            // It was never started, or an agent was killed before it could note that it had: what there is of it goes.
            ReconcileResult removed = await ExecuteAsync(VmPlan.Of(new RemoveVmStep(name)), new StepContext(entry, interrupt, shutdown));
            CollectImages();
            return removed;
        }

        VmPlan plan = VmPlanner.Plan(desired, Observe(entry, desired), time.GetUtcNow());
        if (plan.IsUnhindered && desired is not null && held is null)
        {
            // What hindered another specification is over with it.
            table.SetRemark(entry, null);
        }

        ReconcileResult result = await ExecuteAsync(plan, new StepContext(entry, interrupt, shutdown));
        if (result.IsDone && plan.Steps.Count > 0)
        {
            CollectImages();
        }

        return result.IsDone && plan.LookAgainAfter is TimeSpan delay ? ReconcileResult.RetryAfter(delay) : result;
    }

    /// <summary>
    /// Removes images that neither the desired state, now or soon, nor a VM needs that runs, or may run again until its desired image is there.
    /// </summary>
    internal void CollectImages() => images.Collect(() =>
    {
        HashSet<Digest> needed = [.. intake.Current.Vms.Select(spec => spec.Image.Digest)];
        needed.UnionWith(intake.Current.Prefetch.Select(image => image.Digest));
        Dictionary<ResourceName, VmSpec> incomplete = intake.Current.Vms.Where(spec => !images.Has(spec.Image.Digest)).ToDictionary(spec => spec.Name);
        foreach (VmEntry entry in table.All())
        {
            if (entry.Record is VmRecord record
                && (entry.Instance is not null || PauseText is not null
                    || (incomplete.GetValueOrDefault(entry.Name) is VmSpec desired && VmPlanner.MayStandIn(desired, record))))
            {
                needed.Add(record.Spec.Image.Digest);
            }
        }

        return needed;
    });

    private VmObservation Observe(VmEntry entry, VmSpec? desired) => new()
    {
        Record = entry.Record,
        ProcessAlive = entry.Instance is not null,
        Architecture = MachineArchitecture.Current,
        Memory = desired is null ? MemoryVerdict.Fitting : memory.VerdictOf(desired.Name),
        FreeMib = desired is null ? long.MaxValue : memory.FreeMib(desired.Name),
        Reclaim = memory.ReclaimOf(entry),
        ImagePresent = desired is not null && images.Has(desired.Image.Digest),
        RecordImagePresent = entry.Record is VmRecord record && images.Has(record.Spec.Image.Digest),
        FetchNotBefore = desired is null ? null : entry.Fetches.NotBefore(desired.Image.Digest),
    };

    private async Task<ReconcileResult> ExecuteAsync(VmPlan plan, StepContext context)
    {
        StartVmStep? start = plan.Steps.OfType<StartVmStep>().FirstOrDefault();
        try
        {
            foreach (PlanStep step in plan.Steps)
            {
                context.Interrupt.ThrowIfCancellationRequested();
                if (step is StopVmStep && start is not null && Hinder(start, context.Entry) is ReconcileResult hindered)
                {
                    return hindered;
                }

                Log.ExecutingStep(logger, context.Entry.Name.Value, step.GetType().Name);
                ReconcileResult result = await _executors[step.GetType()].ExecuteAsync(step, context);
                if (!result.IsDone)
                {
                    return result;
                }
            }

            return ReconcileResult.Done;
        }
        finally
        {
            memory.Release(context.Entry.Name);
        }
    }

    /// <summary>What runs goes on when it would be stopped for something that could not start; null when that could, and then it has its memory.</summary>
    private ReconcileResult? Hinder(StartVmStep start, VmEntry entry)
    {
        if (preparer.Check(start.Spec) is ResourceFaultException fault)
        {
            table.SetRemark(entry, new VmRemark(null, fault.Reason, fault.Message));
            return ReconcileResult.RetryAfter(s_hinderedPeriod);
        }

        // When it is no longer free, the next plan says so.
        return memory.TryReserve(start.Spec) ? null : ReconcileResult.RetryAfter(TimeSpan.Zero);
    }
}
