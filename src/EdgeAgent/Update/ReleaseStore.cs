using Microsoft.Extensions.Logging;
using MicroVm.EdgeAgent.Diagnostics;
using MicroVm.EdgeAgent.Identity;
using MicroVm.EdgeAgent.Images;
using MicroVm.EdgeAgent.Interop;
using MicroVm.Shared.Contracts.Api;
using MicroVm.Shared.Contracts.Bundles;
using MicroVm.Shared.Contracts.Desired;
using MicroVm.Shared.Contracts.Releases;
using MicroVm.Shared.Faults;
using MicroVm.Shared.Identity;

namespace MicroVm.EdgeAgent.Update;

/// <summary>
/// Artifacts of agent releases and their signed manifests on the disk. They come over HTTPS or are put there by who brought them
/// on a medium; either way the signature decides.
/// </summary>
internal sealed class ReleaseStore
{
    private const string ArtifactSuffix = ".tar.gz", ManifestSuffix = ".manifest";
    private const int MaxManifestBytes = BundleLimits.ReleaseBytes;
    private const ulong ReserveBytes = 16 << 20;
    private static readonly TimeSpan s_manifestLimit = TimeSpan.FromSeconds(30);

    private readonly string _directory;
    private readonly IdentityStore _identity;
    private readonly HttpClient _http;
    private readonly Uri _apiUrl;
    private readonly ImageStore _artifacts;
    private readonly ImageFetcher _fetcher;

    internal ReleaseStore(string directory, IdentityStore identity, HttpClient http, Uri apiUrl, AgentCounters counters, ILogger logger)
    {
        (_directory, _identity, _http, _apiUrl) = (directory, identity, http, apiUrl);
        _artifacts = new ImageStore(directory, logger, ArtifactSuffix);
        AvailableBytes = _artifacts.AvailableBytes;
        _fetcher = new ImageFetcher(_artifacts, http, apiUrl, counters, logger, ApiPaths.AgentArtifact);
    }

    /// <summary>Says how much room there is; tests have little.</summary>
    internal Func<ulong> AvailableBytes { get; init; }

    /// <summary>The artifacts, for who brings one.</summary>
    internal ImageStore Artifacts => _artifacts;

    /// <summary>Where a release's artifact is or will be.</summary>
    internal string ArtifactOf(Digest digest) => _artifacts.PathOf(digest);

    /// <summary>Where its signed manifest is or will be.</summary>
    internal string ManifestOf(Digest digest) => Path.Combine(_directory, digest.Hex + ManifestSuffix);

    /// <summary>Both are there.</summary>
    internal bool Has(Digest digest) => _artifacts.Has(digest) && File.Exists(ManifestOf(digest));

    /// <summary>The verified manifest of what should run; null when there is none or it is another's.</summary>
    internal AgentManifest? Open(AgentTarget target)
    {
        try
        {
            AgentManifest manifest = Verify(File.ReadAllBytes(ManifestOf(target.Digest)));
            return Difference(manifest, target) is null ? manifest : null;
        }
        catch (Exception e) when (e is IOException or SignatureException or WireFormatException)
        {
            return null;
        }
    }

    /// <summary>Fetches what is missing of a release; null when all of it is there.</summary>
    internal async Task<UpdateFault?> FetchAsync(AgentTarget target, CancellationToken cancellation)
    {
        Directory.CreateDirectory(_directory);
        AgentManifest? manifest = Open(target);
        if (manifest is null)
        {
            (manifest, UpdateFault? fault) = await FetchManifestAsync(target, cancellation);
            if (manifest is null)
            {
                return fault;
            }
        }

        if (!_artifacts.Has(target.Digest) && CheckSpace(manifest) is UpdateFault lack)
        {
            return lack;
        }

        ImageReference artifact = new(target.Digest, manifest.SizeBytes, target.Version.Value);
        FetchFault? fetched = await _artifacts.FetchOnceAsync(artifact, _fetcher.FetchAsync, cancellation);
        return fetched is null ? null : new UpdateFault($"{fetched.Reason}: {fetched.Message}");
    }

    /// <summary>Keeps a manifest that was verified, durably.</summary>
    /// <exception cref="IOException">The disk does not take it.</exception>
    /// <exception cref="OsFaultException">The disk does not take it.</exception>
    internal void KeepManifest(Digest digest, byte[] message)
    {
        string next = ManifestOf(digest) + ".new";
        using (FileStream file = new(next, FileMode.Create, FileAccess.Write))
        {
            file.Write(message);
            file.Flush(flushToDisk: true);
        }

        Libc.Rename(next, ManifestOf(digest));
        Libc.SyncDirectory(_directory);
    }

    /// <summary>Removes artifacts and manifests of releases that have been unpacked or are not wanted; keeps one.</summary>
    /// <param name="keep">Says which, asked while nobody can bring one.</param>
    internal void Collect(Func<Digest?> keep) => _artifacts.Collect(() => keep() is Digest digest ? new HashSet<Digest> { digest } : new HashSet<Digest>());

    /// <summary>Verifies a signed manifest for this machine.</summary>
    /// <exception cref="SignatureException">It is not signed by a trusted key for this architecture.</exception>
    /// <exception cref="WireFormatException">It is no manifest.</exception>
    internal AgentManifest Verify(byte[] message) => AgentManifest.Decode(_identity.OpenRelease(message, MachineArchitecture.Current));

    /// <summary>Null when a manifest is that of what should run, else what is different.</summary>
    internal static string? Difference(AgentManifest manifest, AgentTarget target) =>
        manifest.Digest == target.Digest && manifest.Version == target.Version && manifest.Architecture == MachineArchitecture.Current
            ? null
            : $"expected {target.Version} for {MachineArchitecture.Current} with {target.Digest}, found {manifest.Version} for {manifest.Architecture} with {manifest.Digest}";

    /// <summary>What an earlier transfer has brought is on the disk already.</summary>
    private UpdateFault? CheckSpace(AgentManifest manifest)
    {
        FileInfo partial = new(_artifacts.PartialPathOf(manifest.Digest));
        ulong have = partial.Exists ? (ulong)partial.Length : 0;
        ulong missing = manifest.SizeBytes > have ? manifest.SizeBytes - have : 0;
        ulong needed = missing + manifest.UnpackedBytes + ReserveBytes;
        ulong available = AvailableBytes();
        return available >= needed
            ? null
            : new UpdateFault($"{FetchFault.NoSpace}: expected {needed} bytes of free disk for artifact and slot, found {available}");
    }

    private async Task<(AgentManifest? Manifest, UpdateFault? Fault)> FetchManifestAsync(AgentTarget target, CancellationToken cancellation)
    {
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(s_manifestLimit);
        try
        {
            Uri address = new(_apiUrl, ApiPaths.AgentManifest(target.Digest.Value, _identity.Current?.Trust.Version ?? 0));
            using HttpResponseMessage response = await _http.GetAsync(address, HttpCompletionOption.ResponseHeadersRead, limit.Token);
            if (!response.IsSuccessStatusCode)
            {
                return (null, new UpdateFault($"the control plane answered {(int)response.StatusCode} {response.ReasonPhrase} for the release's manifest"));
            }

            byte[] message = await ReadAsync(response, limit.Token);
            AgentManifest manifest = Verify(message);
            if (Difference(manifest, target) is string difference)
            {
                return (null, new UpdateFault($"manifest: {difference}"));
            }

            KeepManifest(target.Digest, message);
            return (manifest, null);
        }
        catch (Exception e) when (e is SignatureException or WireFormatException)
        {
            return (null, new UpdateFault($"manifest: {e.Message}"));
        }
        catch (Exception e) when (e is HttpRequestException or IOException or OsFaultException || (e is OperationCanceledException && !cancellation.IsCancellationRequested))
        {
            return (null, new UpdateFault($"manifest: {e.InnerException?.Message ?? e.Message}"));
        }
    }

    private static async Task<byte[]> ReadAsync(HttpResponseMessage response, CancellationToken cancellation)
    {
        await using Stream body = await response.Content.ReadAsStreamAsync(cancellation);
        byte[] buffer = new byte[MaxManifestBytes];
        int count = await body.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancellation);
        return buffer[..count];
    }
}
