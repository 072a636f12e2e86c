using MicroVm.EdgeAgent.Desired;
using MicroVm.EdgeAgent.Reconcile;
using MicroVm.Shared.Contracts.Desired;
using MicroVm.Shared.Identity;

namespace MicroVm.EdgeAgent.Images;

/// <summary>
/// Fetches the images that the desired state wants on the device before a VM of them is desired, one after the other. When one
/// is not wanted any more its download ends; its first bytes stay until images are collected.
/// </summary>
internal sealed class PrefetchLoop(DesiredIntake intake, ImageStore images, ImageFetcher fetcher, TimeProvider time)
{
    private readonly AsyncSignal _changed = new();
    private readonly Lock _lock = new();
    private (Digest Digest, CancellationTokenSource Cancellation)? _running;

    /// <summary>Raised when an image is complete.</summary>
    internal event Action? Fetched;

    /// <summary>The images that are wanted and complete.</summary>
    internal IReadOnlyList<Digest> Complete => [.. intake.Current.Prefetch.Select(image => image.Digest).Where(images.Has)];

    /// <summary>Other images may be wanted now.</summary>
    internal void OnDesiredChanged(DesiredState desired)
    {
        lock (_lock)
        {
            // A VM that wants it now waits for the same download.
            if (_running is (Digest digest, CancellationTokenSource cancellation)
                && !desired.Prefetch.Any(image => image.Digest == digest) && !desired.Vms.Any(vm => vm.Image.Digest == digest))
            {
                cancellation.Cancel();
            }
        }

        _changed.Set();
    }

    /// <summary>Fetches for ever, until cancelled.</summary>
    internal async Task RunAsync(CancellationToken cancellation)
    {
        int failures = 0;
        while (true)
        {
            ImageReference? image = intake.Current.Prefetch.FirstOrDefault(image => IsForThisDevice(image) && !images.Has(image.Digest));
            if (image is null)
            {
                failures = 0;
                await _changed.WaitAsync(cancellation);
            }
            else if (await FetchAsync(image, cancellation))
            {
                failures = 0;
                Fetched?.Invoke();
            }
            else
            {
                await _changed.WaitAsync(BackOff.Delay(++failures, Random.Shared.NextDouble()), time, cancellation);
            }
        }
    }

    private static bool IsForThisDevice(ImageReference image) =>
        image.Architecture.Length == 0 || image.Architecture == MachineArchitecture.Current;

    /// <summary>True when the image is complete.</summary>
    private async Task<bool> FetchAsync(ImageReference image, CancellationToken cancellation)
    {
        using CancellationTokenSource mine = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        lock (_lock)
        {
            _running = (image.Digest, mine);
        }

        try
        {
            return await images.FetchOnceAsync(image, fetcher.FetchAsync, mine.Token) is null;
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return false;
        }
        finally
        {
            lock (_lock)
            {
                _running = null;
            }
        }
    }
}
