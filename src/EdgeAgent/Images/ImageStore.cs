using Microsoft.Extensions.Logging;
using MicroVm.EdgeAgent.Diagnostics;
using MicroVm.EdgeAgent.Interop;
using MicroVm.Shared.Contracts.Desired;
using MicroVm.Shared.Identity;

namespace MicroVm.EdgeAgent.Images;

/// <summary>
/// Root file systems on the device's disk, named by content. A file under its final name is complete and was verified:
/// it gets that name only after its bytes are durable.
/// </summary>
internal sealed class ImageStore
{
    private const string PartialSuffix = ".partial";
    private const string ImportSuffix = ".import";

    private readonly string _directory;
    private readonly string _suffix;
    private readonly ILogger _logger;
    private readonly Lock _lock = new();
    private readonly Dictionary<Digest, Task<FetchFault?>> _fetches = [];
    private readonly List<IReadOnlySet<Digest>> _kept = [];

    /// <summary>Uses a directory, which is made; imports that the agent's end cut off are forgotten.</summary>
    /// <param name="directory">The directory.</param>
    /// <param name="logger">Log.</param>
    /// <param name="suffix">How names of complete files end.</param>
    internal ImageStore(string directory, ILogger logger, string suffix = ".squashfs")
    {
        _directory = directory;
        _suffix = suffix;
        _logger = logger;
        Directory.CreateDirectory(directory);
        foreach (string file in Directory.EnumerateFiles(directory, "*" + ImportSuffix))
        {
            File.Delete(file);
        }
    }

    /// <summary>Where an image is or will be.</summary>
    internal string PathOf(Digest digest) => Path.Combine(_directory, digest.Hex + _suffix);

    /// <summary>Where an image's first bytes are kept until it is complete.</summary>
    internal string PartialPathOf(Digest digest) => Path.Combine(_directory, digest.Hex + PartialSuffix);

    /// <summary>Where an image is written that somebody brings.</summary>
    internal string ImportPathOf(Digest digest) => Path.Combine(_directory, digest.Hex + ImportSuffix);

    /// <summary>True when the image is complete.</summary>
    internal bool Has(Digest digest) => File.Exists(PathOf(digest));

    /// <summary>Bytes that may be written to the directory's file system.</summary>
    internal ulong AvailableBytes() => Libc.SpaceOf(_directory).AvailableBytes;

    /// <summary>Gives a verified partial file its final name. The file's own bytes must be durable.</summary>
    internal void Complete(Digest digest)
    {
        FaultPoints.Before(FaultPoint.ImageName);
        File.Move(PartialPathOf(digest), PathOf(digest), overwrite: true);
        Libc.SyncDirectory(_directory);
        FaultPoints.After(FaultPoint.ImageName);
    }

    /// <summary>Forgets the first bytes of an image.</summary>
    internal void DiscardPartial(Digest digest) => File.Delete(PartialPathOf(digest));

    /// <summary>Gives an image that was brought its final name. The file's own bytes must be durable, and verified.</summary>
    internal void CompleteImport(Digest digest)
    {
        lock (_lock)
        {
            FaultPoints.Before(FaultPoint.ImageName);
            File.Move(ImportPathOf(digest), PathOf(digest), overwrite: true);
            Libc.SyncDirectory(_directory);
            if (!_fetches.ContainsKey(digest))
            {
                DiscardPartial(digest);
            }

            FaultPoints.After(FaultPoint.ImageName);
        }
    }

    /// <summary>Keeps images that nobody needs yet from being collected, until disposed.</summary>
    internal IDisposable Keep(IReadOnlySet<Digest> digests) => new Hold(this, digests);

    /// <summary>Runs one fetch of an image; whoever asks while it runs gets its result.</summary>
    /// <param name="image">The image.</param>
    /// <param name="fetch">Fetches it into this store.</param>
    /// <param name="cancellation">Ends the fetch when the caller is the one that began it, and the wait of any other.</param>
    internal async Task<FetchFault?> FetchOnceAsync(
        ImageReference image, Func<ImageReference, CancellationToken, Task<FetchFault?>> fetch, CancellationToken cancellation)
    {
        Task<FetchFault?> running;
        lock (_lock)
        {
            if (Has(image.Digest))
            {
                return null;
            }

            if (!_fetches.TryGetValue(image.Digest, out running!))
            {
                running = RunAsync(image, fetch, cancellation);
                _fetches.Add(image.Digest, running);
            }
        }

        try
        {
            return await running.WaitAsync(cancellation);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return new FetchFault(FetchFault.FetchFailed, "the transfer that another VM began was given up");
        }
    }

    /// <summary>Removes files that no VM needs; one that is being fetched stays.</summary>
    /// <param name="needed">Says which digests are needed, asked while no fetch can begin.</param>
    internal void Collect(Func<IReadOnlySet<Digest>> needed)
    {
        lock (_lock)
        {
            HashSet<string> keep = [.. needed().Concat(_fetches.Keys).Concat(_kept.SelectMany(static some => some)).Select(digest => digest.Hex)];
            foreach (string file in Directory.EnumerateFiles(_directory))
            {
                if (!keep.Contains(Path.GetFileName(file).Split('.')[0]))
                {
                    FaultPoints.Before(FaultPoint.ImageRemoval);
                    File.Delete(file);
                    FaultPoints.After(FaultPoint.ImageRemoval);
                    Log.ImageRemoved(_logger, Path.GetFileName(file));
                }
            }
        }
    }

    private async Task<FetchFault?> RunAsync(
        ImageReference image, Func<ImageReference, CancellationToken, Task<FetchFault?>> fetch, CancellationToken cancellation)
    {
        await Task.Yield();
        try
        {
            return await fetch(image, cancellation);
        }
        finally
        {
            lock (_lock)
            {
                _fetches.Remove(image.Digest);
                if (Has(image.Digest))
                {
                    // Brought by somebody while it was being fetched.
                    DiscardPartial(image.Digest);
                }
            }
        }
    }

    private sealed class Hold : IDisposable
    {
        private readonly ImageStore _store;
        private readonly IReadOnlySet<Digest> _digests;

        internal Hold(ImageStore store, IReadOnlySet<Digest> digests)
        {
            (_store, _digests) = (store, digests);
            lock (store._lock)
            {
                store._kept.Add(digests);
            }
        }

        public void Dispose()
        {
            lock (_store._lock)
            {
                _store._kept.Remove(_digests);
            }
        }
    }
}
