using MicroVm.EdgeAgent.Planning.Steps;
using MicroVm.EdgeAgent.Reconcile;

namespace MicroVm.EdgeAgent.Execution;

/// <summary>Does steps of one kind. Doing one twice is the same as doing it once.</summary>
internal interface IStepExecutor
{
    /// <summary>The kind of step.</summary>
    Type StepType { get; }

    /// <summary>Does a step; what is not done is planned anew.</summary>
    Task<ReconcileResult> ExecuteAsync(PlanStep step, StepContext context);
}
