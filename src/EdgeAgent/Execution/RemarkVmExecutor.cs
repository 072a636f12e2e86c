using MicroVm.EdgeAgent.Planning.Steps;
using MicroVm.EdgeAgent.Reconcile;
using MicroVm.EdgeAgent.Vms;

namespace MicroVm.EdgeAgent.Execution;

/// <summary>Says what a VM waits for.</summary>
internal sealed class RemarkVmExecutor(VmTable table) : StepExecutor<RemarkVmStep>
{
    /// <inheritdoc/>
    protected override Task<ReconcileResult> ExecuteAsync(RemarkVmStep step, StepContext context)
    {
        table.SetRemark(context.Entry, step.Remark);
        return Task.FromResult(ReconcileResult.Done);
    }
}
