using MicroVm.EdgeAgent.Planning.Steps;
using MicroVm.EdgeAgent.Reconcile;
using MicroVm.EdgeAgent.Reporting;
using MicroVm.EdgeAgent.Vms;

namespace MicroVm.EdgeAgent.Execution;

/// <summary>Notes when a job runs next, durably: a run that is missed is known to be missed.</summary>
internal sealed class ScheduleJobExecutor(VmTable table, EventLog events) : StepExecutor<ScheduleJobStep>
{
    private const string RunSkipped = nameof(RunSkipped);

    /// <inheritdoc/>
    protected override Task<ReconcileResult> ExecuteAsync(ScheduleJobStep step, StepContext context)
    {
        table.Save(context.Entry, before =>
        {
            VmRecord record = new() { Spec = step.Spec };
            return (before is not null && before.SpecDigest == record.SpecDigest ? before : record) with { DueAt = step.DueAt };
        });
        if (step.Skipped is DateTimeOffset skipped)
        {
            events.Add(step.Vm, isWarning: true, RunSkipped, $"the run of {skipped:yyyy-MM-dd HH:mm} UTC was left out: the one before still runs");
        }

        return Task.FromResult(ReconcileResult.Done);
    }
}
