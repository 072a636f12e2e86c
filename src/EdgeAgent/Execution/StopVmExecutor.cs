using MicroVm.EdgeAgent.Planning.Steps;
using MicroVm.EdgeAgent.Reconcile;
using MicroVm.EdgeAgent.Vms;

namespace MicroVm.EdgeAgent.Execution;

/// <summary>Stops a VM. Once begun it goes on to the end whatever is desired meanwhile: the guest has been told.</summary>
internal sealed class StopVmExecutor(VmStopper stopper) : StepExecutor<StopVmStep>
{
    /// <inheritdoc/>
    protected override async Task<ReconcileResult> ExecuteAsync(StopVmStep step, StepContext context)
    {
        await stopper.StopAsync(context.Entry, step.Reason, context.Shutdown);
        return ReconcileResult.Done;
    }
}
