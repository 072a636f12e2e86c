using MicroVm.EdgeAgent.Images;
using MicroVm.EdgeAgent.Planning.Steps;
using MicroVm.EdgeAgent.Reconcile;
using MicroVm.EdgeAgent.Vms;
using MicroVm.Shared.Contracts.Reported;

namespace MicroVm.EdgeAgent.Execution;

/// <summary>
/// Fetches an image and says so while it does; a failure is remarked and tried again with back-off. The VM has one worker, so when
/// what runs under its name ends, or is to be started again, the transfer is cut: the next one goes on where it was.
/// </summary>
internal sealed class FetchImageExecutor(ImageStore images, ImageFetcher fetcher, VmTable table, TimeProvider time)
    : StepExecutor<FetchImageStep>
{
    /// <inheritdoc/>
    protected override async Task<ReconcileResult> ExecuteAsync(FetchImageStep step, StepContext context)
    {
        VmEntry entry = context.Entry;
        table.SetRemark(entry, new VmRemark(VmPhase.Fetching, "", $"fetching {step.Image.Name}"));
        (bool isCut, FetchFault? fault) = await FetchAsync(step, context);
        if (isCut)
        {
            return ReconcileResult.RetryAfter(TimeSpan.Zero);
        }

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

    private async Task<(bool IsCut, FetchFault? Fault)> FetchAsync(FetchImageStep step, StepContext context)
    {
        bool isOurs = false;
        using CancellationTokenSource transfer = CancellationTokenSource.CreateLinkedTokenSource(context.Interrupt), wait = new();
        CancellationToken cut = transfer.Token;
        Task<FetchFault?> fetch = images.FetchOnceAsync(
            step.Image,
            (image, _) =>
            {
                Volatile.Write(ref isOurs, true);
                return fetcher.FetchAsync(image, cut);
            },
            wait.Token);
        Task giveWay = Task.Delay(step.GiveWayAfter ?? Timeout.InfiniteTimeSpan, time, cut);
        Task first = await Task.WhenAny(fetch, giveWay, context.Entry.Instance?.Settled ?? giveWay);
        await transfer.CancelAsync();
        if (first == fetch)
        {
            return (false, await fetch);
        }

        if (!Volatile.Read(ref isOurs))
        {
            // Another VM's transfer goes on.
            await wait.CancelAsync();
        }

        // The next one needs the file that this one has.
        await ((Task)fetch).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        context.Interrupt.ThrowIfCancellationRequested();
        return (true, null);
    }
}
