using MicroVm.ControlPlane.Abstractions.Deployments;
using MicroVm.ControlPlane.Abstractions.Devices;
using MicroVm.ControlPlane.Host.Images;
using MicroVm.ControlPlane.Host.Manifests;
using MicroVm.Shared.Contracts.Api;
using MicroVm.Shared.Identity;

namespace MicroVm.ControlPlane.Host.Api.Apply;

/// <summary>Checks manifests against what the control plane knows: images, and VM names that other deployments hold.</summary>
internal sealed class ManifestResolver(IImageStore images, IDeploymentDirectory deployments, IDeviceDirectory devices)
{
    /// <summary>Every manifest ready for its grain; null, and errors, when any of them cannot be applied.</summary>
    internal async Task<IReadOnlyList<ResolvedManifest>?> ResolveAsync(
        IReadOnlyList<DeploymentManifest> manifests, List<FieldError> errors, CancellationToken cancellationToken)
    {
        List<ResolvedManifest> resolved = [];
        foreach (DeploymentManifest manifest in manifests)
        {
            if (await FindImageAsync(manifest.Image, cancellationToken) is not ImageView image)
            {
                errors.Add(new FieldError($"{manifest.Prefix}spec.workload.image", "an image that was pushed, as NAME[:TAG], NAME@sha256:… or sha256:…", $"'{manifest.Image}'"));
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

    private async Task<ImageView?> FindImageAsync(string reference, CancellationToken cancellationToken)
    {
        string digestText = reference[(reference.IndexOf('@', StringComparison.Ordinal) + 1)..];
        return Digest.TryParse(digestText, out Digest digest) ? await images.FindByDigestAsync(digest, cancellationToken)
            : ImageName.TryParse(reference, out ImageName? name) ? await images.FindByNameAsync(name.ToString(), cancellationToken)
            : null;
    }

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
