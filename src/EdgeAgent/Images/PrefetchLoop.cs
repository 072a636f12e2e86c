using MicroVm.EdgeAgent.Desired;
using MicroVm.EdgeAgent.Reconcile;
using MicroVm.Shared.Contracts.Desired;
using MicroVm.Shared.Identity;

namespace MicroVm.EdgeAgent.Images;

/// <summary>
/// Fetches the images that the desired state wants on the device before a VM of them is desired, one after the other. One that
/// cannot be had now holds up no other. When one is not wanted any more its download ends; its first bytes stay until images are collected.
/// </summary>
internal sealed class PrefetchLoop(DesiredIntake intake, ImageStore images, ImageFetcher fetcher, TimeProvider time)
{
    private readonly AsyncSignal _changed = new();
    private readonly Lock _lock = new();
    private readonly Dictionary<Digest, (int Count, long At, TimeSpan Wait)> _failures = [];
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
        while (true)
        {
            if (Next(out TimeSpan wait) is not ImageReference image)
            {
                if (await _changed.WaitAsync(wait, time, cancellation))
                {
                    _failures.Clear();
                }
            }
            else if (await FetchAsync(image, cancellation))
            {
                Fetched?.Invoke();
            }
            else
            {
                int count = _failures.GetValueOrDefault(image.Digest).Count + 1;
                _failures[image.Digest] = (count, time.GetTimestamp(), BackOff.Delay(count, Random.Shared.NextDouble()));
            }
        }
    }

    /// <summary>The image to fetch now; null for none, and how long until there may be one.</summary>
    private ImageReference? Next(out TimeSpan wait)
    {
        wait = Timeout.InfiniteTimeSpan;
        foreach (ImageReference image in intake.Current.Prefetch.Where(image => IsForThisDevice(image) && !images.Has(image.Digest)))
        {
            TimeSpan left = _failures.TryGetValue(image.Digest, out var failed) ? failed.Wait - time.GetElapsedTime(failed.At) : TimeSpan.Zero;
            if (left <= TimeSpan.Zero)
            {
                return image;
            }

            wait = wait == Timeout.InfiniteTimeSpan || left < wait ? left : wait;
        }

        return null;
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
