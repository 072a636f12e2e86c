using MicroVm.EdgeAgent.Images;
using MicroVm.EdgeAgent.Planning.Steps;
using MicroVm.EdgeAgent.Reconcile;
using MicroVm.EdgeAgent.Vms;
using MicroVm.Shared.Contracts.Desired;
using MicroVm.Shared.Contracts.Reported;

namespace MicroVm.EdgeAgent.Execution;

/// <summary>Starts a VM; a failure counts as a crash and is tried again with back-off.</summary>
internal sealed class StartVmExecutor(
    ImageStore images, VmPreparer preparer, VmSupervisor supervisor, VmTable table, MemoryAdmission memory, TimeProvider time)
    : StepExecutor<StartVmStep>
{
    private const string StartFailed = nameof(StartFailed);

    /// <inheritdoc/>
    protected override async Task<ReconcileResult> ExecuteAsync(StartVmStep step, StepContext context)
    {
        if (!memory.TryReserve(step.Spec))
        {
            // The plan was made of what is so no longer.
            return ReconcileResult.RetryAfter(TimeSpan.Zero);
        }

        try
        {
            return await StartAsync(step, context.Entry);
        }
        finally
        {
            memory.Release(step.Spec.Name);
        }
    }

    private async Task<ReconcileResult> StartAsync(StartVmStep step, VmEntry entry)
    {
        string reason = StartFailed;
        string? fault;
        try
        {
            VmResources resources = await preparer.PrepareAsync(step.Spec);
            fault = await supervisor.StartAsync(entry, step.Spec, images.PathOf(step.Spec.Image.Digest), resources);
        }
        catch (ResourceFaultException e)
        {
            (reason, fault) = (e.Reason, e.Message);
        }

        if (fault is null)
        {
            if (!step.IsStandIn)
            {
                table.SetRemark(entry, null);
            }

            return ReconcileResult.Done;
        }

        table.SetRemark(entry, new VmRemark(VmPhase.BackOff, reason, fault));
        DateTimeOffset now = time.GetUtcNow();
        double fraction = Random.Shared.NextDouble();
        table.Save(entry, record => Failed(record, step.Spec, now, fraction));
        return ReconcileResult.RetryAfter(BackOff.Delay(entry.Record!.Crashes, fraction));
    }

    private static VmRecord Failed(VmRecord? before, VmSpec spec, DateTimeOffset now, double fraction)
    {
        VmRecord record = new() { Spec = spec };
        record = before is not null && before.SpecDigest == record.SpecDigest ? before : record;
        int crashes = record.Crashes + 1;
        return record with
        {
            Run = null,
            Exit = null,
            Crashes = crashes,
            RetryAt = now + BackOff.Delay(crashes, fraction),
            Phase = VmPhase.BackOff,
        };
    }
}
