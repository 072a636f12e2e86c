using MicroVm.ControlPlane.Abstractions.Deployments;
using MicroVm.ControlPlane.Abstractions.Devices;
using MicroVm.ControlPlane.Abstractions.Secrets;
using MicroVm.ControlPlane.Host.Images;
using MicroVm.ControlPlane.Host.Manifests;
using MicroVm.Shared.Contracts.Api;
using MicroVm.Shared.Identity;

namespace MicroVm.ControlPlane.Host.Api.Apply;

/// <summary>Checks manifests against what the control plane knows: images, and VM names that other deployments hold.</summary>
internal sealed class ManifestResolver(IImageStore images, IDeploymentDirectory deployments, IDeviceDirectory devices, ISecretSealer secrets)
{
    /// <summary>Every manifest ready for its grain; null, and errors, when any of them cannot be applied.</summary>
    internal async Task<IReadOnlyList<ResolvedManifest>?> ResolveAsync(
        IReadOnlyList<DeploymentManifest> manifests, List<FieldError> errors, CancellationToken cancellationToken)
    {
        List<ResolvedManifest> resolved = [];
        foreach (DeploymentManifest manifest in manifests)
        {
            errors.AddRange(MissingSecrets(manifest));
            if (await FindImagesAsync(manifest.Image, cancellationToken) is var found && found is not [ImageView image])
            {
                string which = found.Count == 0 ? "" : $", the file system of {string.Join(", ", found.Select(one => one.Name))}";
                errors.Add(new FieldError(
                    $"{manifest.Prefix}spec.workload.image", "one image that was pushed, as NAME[:TAG], NAME@sha256:… or sha256:…", $"'{manifest.Image}'{which}"));
            }
            else if (WorkloadMerge.Merge(manifest, image, errors) is DeploymentSpec spec)
            {
                resolved.Add(new ResolvedManifest(manifest, spec, await devices.FindAsync(spec.Selector)));
            }
        }

        foreach (ResolvedManifest manifest in resolved)
        {
            await CheckVmNameAsync(manifest, resolved, errors);
        }

        return errors.Count == 0 ? resolved : null;
    }

    private IEnumerable<FieldError> MissingSecrets(DeploymentManifest manifest) => manifest.Vm.Secrets.Index()
        .Where(item => secrets.VersionOf(item.Item.Secret.Value) is null)
        .Select(item => new FieldError(
            $"{manifest.Prefix}spec.workload.secrets[{item.Index}].name", "a secret that was set (mvm secret set NAME)", $"'{item.Item.Secret}'"));

    /// <summary>
    /// The images that a reference means. A digest is that of an image, or of a manifest or file system of one platform, and
    /// then it means that platform alone; several images may share a file system and differ in what they run, so one of
    /// them must not be taken for another.
    /// </summary>
    private async Task<IReadOnlyList<ImageView>> FindImagesAsync(string reference, CancellationToken cancellationToken)
    {
        int at = reference.IndexOf('@', StringComparison.Ordinal);
        if (!Digest.TryParse(reference[(at + 1)..], out Digest digest))
        {
            return ImageName.TryParse(reference, out ImageName? name)
                && await images.FindByNameAsync(name.ToString(), cancellationToken) is ImageView named ? [named] : [];
        }

        IReadOnlyList<ImageView> found = [.. (await images.ListAsync(cancellationToken))
            .Where(image => image.IsKnownBy(digest.Value)).Select(image => Narrow(image, digest.Value))];
        // The digest decides; the name before it only chooses between images that share it.
        IReadOnlyList<ImageView> chosen = ImageName.TryParse(reference[..Math.Max(at, 0)], out ImageName? given)
            ? [.. found.Where(image => ImageName.TryParse(image.Name, out ImageName? known) && known.Repository == given.Repository)]
            : [];
        return [.. (chosen.Count > 0 ? chosen : found).DistinctBy(image => image.Digest)];
    }

    private static ImageView Narrow(ImageView image, string digest) => image.Digest == digest
        ? image
        : image with { Platforms = [.. image.Platforms.Where(platform => platform.Digest == digest || platform.ManifestDigest == digest)] };

    /// <summary>On one device a VM name is one deployment's. What is known now is refused now; the device itself decides later.</summary>
    private async Task CheckVmNameAsync(ResolvedManifest manifest, IReadOnlyList<ResolvedManifest> together, List<FieldError> errors)
    {
        string vm = manifest.Spec.Workload.VmName;
        IEnumerable<(string Name, LabelSelector Selector)> others = deployments.List()
            .Where(entry => !entry.Deleting && entry.VmName == vm && together.All(other => other.Manifest.Name.Value != entry.Name))
            .Select(entry => (entry.Name, entry.Selector))
            .Concat(together.Where(other => other.Spec.Workload.VmName == vm).Select(other => (other.Manifest.Name.Value, other.Spec.Selector)))
            .Where(other => other.Item1 != manifest.Manifest.Name.Value);
        foreach ((string name, LabelSelector selector) in others)
        {
            IReadOnlyList<string> shared = [.. (await devices.FindAsync(selector)).Intersect(manifest.Devices)];
            if (shared.Count > 0)
            {
                errors.Add(new FieldError(
                    $"{manifest.Manifest.Prefix}spec.workload.name",
                    "a VM name that no other deployment has on the same device",
                    $"'{vm}', which deployment '{name}' has on {string.Join(", ", shared.Take(10))}{(shared.Count > 10 ? $" and {shared.Count - 10} more" : "")}"));
            }
        }
    }
}
