using MicroVm.EdgeAgent.Desired;
using MicroVm.EdgeAgent.Diagnostics;
using MicroVm.EdgeAgent.Identity;
using MicroVm.EdgeAgent.Images;
using MicroVm.EdgeAgent.Interop;
using MicroVm.EdgeAgent.Reporting;
using MicroVm.Shared.Contracts.Bundles;
using MicroVm.Shared.Contracts.Desired;
using MicroVm.Shared.Faults;
using MicroVm.Shared.Identity;
using Microsoft.Extensions.Logging;

namespace MicroVm.EdgeAgent.Bundles;

/// <summary>
/// Applies a bundle that somebody carried here, one at a time, as it is read. The desired state in it is verified first, as one
/// from the network is; only images and the agent that it needs are written, each verified as a download is; the desired state is taken last, when
/// the whole bundle was read and was whole. What ends before leaves at most images that the next attempt need not bring.
/// </summary>
internal sealed class BundleApplier(
    DeviceId device, IdentityStore identity, DesiredIntake intake, ImageStore images, BundleReleases releases, PauseSwitch pause, EventLog events, ILogger logger)
{
    private const long ReserveBytes = 16 << 20;
    private int _busy;

    /// <summary>Raised when images or an agent came that the held desired state was waiting for, with their digests.</summary>
    internal event Action<IReadOnlySet<Digest>>? Imported;

    /// <summary>Applies a bundle, or only says what that would do.</summary>
    /// <param name="source">The bundle from its first byte; read to its end.</param>
    /// <param name="isCheck">Nothing is to be changed.</param>
    /// <param name="who">User who brought it.</param>
    /// <param name="listener">Told how it goes.</param>
    /// <param name="cancellation">Ends it; nothing is taken then.</param>
    /// <exception cref="BundleRefusedException">It is not for this device, damaged, older than what is held, or there is no room.</exception>
    internal async Task<BundleOutcome> ApplyAsync(Stream source, bool isCheck, uint who, IBundleListener listener, CancellationToken cancellation)
    {
        if (Interlocked.Exchange(ref _busy, 1) != 0)
        {
            throw new BundleRefusedException("expected one bundle at a time, found another that is being applied");
        }

        try
        {
            return await RunAsync(source, isCheck, who, listener, cancellation);
        }
        catch (Exception e) when (e is WireFormatException or SignatureException or IOException or UnauthorizedAccessException or OsFaultException or BundleRefusedException)
        {
            Log.BundleRefused(logger, who, e.Message);
            if (!isCheck)
            {
                events.Add(null, isWarning: true, "BundleRefused", e.Message);
            }

            throw e as BundleRefusedException ?? new BundleRefusedException(e.Message, e);
        }
        finally
        {
            Volatile.Write(ref _busy, 0);
        }
    }

    private async Task<BundleOutcome> RunAsync(Stream source, bool isCheck, uint who, IBundleListener listener, CancellationToken cancellation)
    {
        using BundleReader reader = new(source);
        BundleHeader header = await reader.ReadHeaderAsync(cancellation);
        BundleDevice mine = await FindAsync(reader, cancellation);
        (DesiredState state, IntakeResult verdict) = Inspect(mine);
        DesiredState before = intake.Current;
        TrustOffer? trust = OpenTrust(mine);
        BundleRelease? release = releases.Open(mine, state);
        BundleContent[] needed = [.. Images(state), .. releases.ContentsOf(release)];
        CheckSpace(needed.Where(static content => content.IsMissing), release);
        using HeldContents keep = new(needed);
        await listener.OnBeginAsync(header, state.Generation);

        await new BundleIntake(reader, header, needed, isCheck, listener).RunAsync(cancellation);
        ImageReference[] imported = [.. needed.Where(static content => content.IsMissing && content.Kind == BundleContent.OfImage).Select(static content => content.Image)];
        BundleOutcome outcome = new(
            isCheck, verdict, before.Generation, state.Generation, imported.Length, imported.Sum(static image => (long)image.SizeBytes), trust?.Version ?? 0,
            BundleDecisions.Changes(before, state), release, pause.Text);
        if (!isCheck)
        {
            cancellation.ThrowIfCancellationRequested();
            Take(mine, trust, release, needed);
            Log.BundleApplied(logger, state.Generation, before.Generation, outcome.Imported, outcome.ImportedBytes, who);
            events.Add(
                null, isWarning: false, "BundleApplied",
                $"generation {state.Generation} from a bundle, by uid {who}; {before.Generation} was held, {imported.Length} images{(release is { IsTaken: true } ? $" and agent {release.Target.Version}" : "")} came with it");
        }

        return outcome;
    }

    private IEnumerable<BundleContent> Images(DesiredState state) => BundleDecisions.Needed(state, MachineArchitecture.Current)
        .Select(image => new BundleContent(BundleContent.OfImage, image, images, !images.Has(image.Digest)));

    /// <summary>What the bundle has for this device; what it has for others is read over.</summary>
    private async Task<BundleDevice> FindAsync(BundleReader reader, CancellationToken cancellation)
    {
        BundleDevice? mine = null;
        List<DeviceId> others = [];
        while (await reader.ReadDeviceAsync(cancellation) is BundleDevice found)
        {
            if (found.Device == device)
            {
                mine = found;
            }
            else
            {
                others.Add(found.Device);
            }
        }

        return mine ?? throw new BundleRefusedException($"bundle: expected one for {device}, found one for {BundleDecisions.Listed(others)}");
    }

    private (DesiredState State, IntakeResult Verdict) Inspect(BundleDevice mine)
    {
        if (identity.Current is null)
        {
            throw new BundleRefusedException("bundle: expected a device that is enrolled and knows whom to trust, found one that is not");
        }

        (DesiredState state, IntakeResult verdict) = intake.Inspect(mine.Desired);
        return verdict is not IntakeResult.RefusedGeneration
            ? (state, verdict)
            : throw new BundleRefusedException(state.Generation == intake.Current.Generation
                ? $"bundle: expected the desired state of generation {state.Generation} that is held, found another of the same generation"
                : $"bundle: expected generation {intake.Current.Generation}, which is held, or a later one, found {state.Generation}");
    }

    private TrustOffer? OpenTrust(BundleDevice mine)
    {
        if (mine.Trust.Length == 0)
        {
            return null;
        }

        TrustOffer offer = TrustOffer.Open(identity.OpenCommand(mine.Trust));
        return offer.Version > (identity.Current?.Trust.Version ?? 0) ? offer : null;
    }

    /// <summary>An agent is unpacked as well.</summary>
    private void CheckSpace(IEnumerable<BundleContent> missing, BundleRelease? release)
    {
        ulong bytes = missing.Aggregate(
            0UL, (sum, content) => sum + content.Image.SizeBytes + (content.Kind == BundleContent.OfAgent ? release!.Manifest!.UnpackedBytes : 0));
        ulong available = images.AvailableBytes();
        if (bytes > 0 && available < bytes + ReserveBytes)
        {
            throw new BundleRefusedException($"disk: expected {bytes + ReserveBytes} free bytes for {bytes} of contents, found {available}");
        }
    }

    private void Take(BundleDevice mine, TrustOffer? trust, BundleRelease? release, IReadOnlyList<BundleContent> needed)
    {
        if (release is { IsTaken: true })
        {
            releases.Take(mine, release);
        }

        if (trust is not null)
        {
            identity.Trust(trust.Bundle);
            Log.TrustReplaced(logger, identity.Current?.Trust.Version ?? 0);
        }

        // It may hold another one by now than when it was looked at: this verdict counts.
        IntakeResult result = intake.Offer(mine.Desired);
        if (result is not (IntakeResult.Accepted or IntakeResult.AlreadyHeld))
        {
            throw new BundleRefusedException($"bundle: expected a desired state that is taken, found {result}: generation {intake.Current.Generation} is held now");
        }

        HashSet<Digest> imported = [.. needed.Where(static content => content.IsMissing || content.Kind == BundleContent.OfAgent).Select(static content => content.Image.Digest)];
        if (imported.Count > 0)
        {
            Imported?.Invoke(imported);
        }
    }
}
