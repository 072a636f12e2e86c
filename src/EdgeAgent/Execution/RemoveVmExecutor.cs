using Microsoft.Extensions.Logging;
using MicroVm.EdgeAgent.Diagnostics;
using MicroVm.EdgeAgent.Networks;
using MicroVm.EdgeAgent.Planning.Steps;
using MicroVm.EdgeAgent.Reconcile;
using MicroVm.EdgeAgent.Vms;
using MicroVm.Shared.Identity;

namespace MicroVm.EdgeAgent.Execution;

/// <summary>
/// Forgets a VM: its place in the network, its run directory, its serial log, its record, in this order, so that what is left is found
/// again. Its log stays until it is too old.
/// </summary>
internal sealed class RemoveVmExecutor(VmTable table, VmPaths paths, VmNetworks networks, ILogger logger) : StepExecutor<RemoveVmStep>
{
    /// <inheritdoc/>
    protected override async Task<ReconcileResult> ExecuteAsync(RemoveVmStep step, StepContext context)
    {
        ResourceName vm = step.Vm;
        await networks.DetachAsync(vm);
        FaultPoints.Before(FaultPoint.RunRemoval);
        if (Directory.Exists(paths.Directory(vm)))
        {
            Directory.Delete(paths.Directory(vm), recursive: true);
        }

        if (Directory.Exists(paths.LogDirectory))
        {
            File.Delete(paths.Serial(vm));
            File.Delete(VmPaths.Earlier(paths.Serial(vm)));
        }

        FaultPoints.After(FaultPoint.RunRemoval);
        table.Remove(context.Entry);
        Log.VmRemoved(logger, vm.Value);
        return ReconcileResult.Done;
    }
}
