using MicroVm.EdgeAgent.Planning.Steps;
using MicroVm.EdgeAgent.Reconcile;

namespace MicroVm.EdgeAgent.Execution;

/// <summary>An executor that gets its steps by their own type.</summary>
internal abstract class StepExecutor<TStep> : IStepExecutor
    where TStep : PlanStep
{
    /// <inheritdoc/>
    public Type StepType => typeof(TStep);

    /// <inheritdoc/>
    public Task<ReconcileResult> ExecuteAsync(PlanStep step, StepContext context) => ExecuteAsync((TStep)step, context);

    /// <summary>Does a step.</summary>
    protected abstract Task<ReconcileResult> ExecuteAsync(TStep step, StepContext context);
}
