using MicroVm.EdgeAgent.Update;
using MicroVm.Shared.Contracts.Bundles;
using MicroVm.Shared.Contracts.Desired;
using MicroVm.Shared.Contracts.Releases;
using MicroVm.Shared.Contracts.Reported;
using MicroVm.Shared.Faults;

namespace MicroVm.EdgeAgent.Bundles;

/// <summary>Agent releases that come in bundles: verified as those from the network are, and put where the update looks first.</summary>
/// <param name="store">Where they go.</param>
/// <param name="judge">Says how the device stands to one.</param>
internal sealed class BundleReleases(ReleaseStore store, Func<AgentTarget, AgentStatus> judge)
{
    /// <summary>The agent that a bundle's desired state names; null when it names none.</summary>
    /// <exception cref="BundleRefusedException">What is in the bundle is another one.</exception>
    /// <exception cref="SignatureException">Its manifest is not signed by a trusted key for this architecture.</exception>
    /// <exception cref="WireFormatException">Its manifest is none.</exception>
    internal BundleRelease? Open(BundleDevice mine, DesiredState state)
    {
        AgentManifest? manifest = mine.Release.Length == 0 ? null : store.Verify(mine.Release);
        if (state.Agent is not AgentTarget target)
        {
            return manifest is null
                ? null
                : throw new BundleRefusedException($"bundle: expected no agent release, because the desired state names none, found {manifest.Version}");
        }

        return manifest is not null && ReleaseStore.Difference(manifest, target) is string difference
            ? throw new BundleRefusedException($"bundle agent release: {difference}")
            : new BundleRelease(target, judge(target), manifest);
    }

    /// <summary>The artifact as a content; none when it is not to be taken.</summary>
    internal IEnumerable<BundleContent> ContentsOf(BundleRelease? release) => release is { IsTaken: true, Manifest: AgentManifest manifest }
        ? [new BundleContent(
            BundleContent.OfAgent,
            new ImageReference(manifest.Digest, manifest.SizeBytes, manifest.Version.Value, manifest.Architecture),
            store.Artifacts,
            !store.Artifacts.Has(manifest.Digest))]
        : [];

    /// <summary>Keeps the manifest of an artifact that is there.</summary>
    /// <exception cref="IOException">The disk does not take it.</exception>
    internal void Take(BundleDevice mine, BundleRelease release) => store.KeepManifest(release.Target.Digest, mine.Release);
}
