using MicroVm.EdgeAgent.Planning.Steps;
using MicroVm.EdgeAgent.Reconcile;
using MicroVm.EdgeAgent.Vms;
using MicroVm.Shared.Contracts.Reported;

namespace MicroVm.EdgeAgent.Execution;

/// <summary>Remarks why a VM cannot run here; only another specification changes that.</summary>
internal sealed class RefuseVmExecutor(VmTable table) : StepExecutor<RefuseVmStep>
{
    /// <inheritdoc/>
    protected override Task<ReconcileResult> ExecuteAsync(RefuseVmStep step, StepContext context)
    {
        table.SetRemark(context.Entry, new VmRemark(VmPhase.Failed, step.Reason, step.Message));
        return Task.FromResult(ReconcileResult.Failed($"{step.Reason}: {step.Message}"));
    }
}
