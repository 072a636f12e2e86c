using MicroVm.EdgeAgent.Images;
using MicroVm.EdgeAgent.Planning.Steps;
using MicroVm.EdgeAgent.Reconcile;
using MicroVm.EdgeAgent.Vms;
using MicroVm.Shared.Contracts.Reported;

namespace MicroVm.EdgeAgent.Execution;

/// <summary>Fetches an image and says so while it does; a failure is remarked and tried again with back-off.</summary>
internal sealed class FetchImageExecutor(ImageStore images, ImageFetcher fetcher, VmTable table, TimeProvider time)
    : StepExecutor<FetchImageStep>
{
    /// <inheritdoc/>
    protected override async Task<ReconcileResult> ExecuteAsync(FetchImageStep step, StepContext context)
    {
        VmEntry entry = context.Entry;
        table.SetRemark(entry, new VmRemark(VmPhase.Fetching, "", $"fetching {step.Image.Name}"));
        FetchFault? fault = await images.FetchOnceAsync(step.Image, fetcher.FetchAsync, context.Interrupt);
        if (fault is null)
        {
            entry.Fetches.Clear();
            table.SetRemark(entry, null);
            return ReconcileResult.Done;
        }

        TimeSpan delay = entry.Fetches.Add(step.Image.Digest, time.GetUtcNow(), Random.Shared.NextDouble());
        table.SetRemark(entry, new VmRemark(VmPhase.BackOff, fault.Reason, fault.Message));
        return ReconcileResult.RetryAfter(delay);
    }
}
