using System.Collections.Immutable;
using System.Text;
using MicroVm.ControlPlane.Abstractions.Deployments;
using MicroVm.Shared.Contracts.Api;

namespace MicroVm.ControlPlane.Host.Manifests;

/// <summary>Merges a manifest and its image's configuration (OCI image specification, config). Pure.</summary>
internal static class WorkloadMerge
{
    private const int MaxItems = 2 * ManifestLimits.ListItems, MaxBytes = 2 * ManifestLimits.ProcessBytes;

    private static readonly ImmutableArray<(string Label, string Oci)> s_architectures = [("x86_64", "amd64"), ("aarch64", "arm64")];

    /// <summary>The deployment as grains take it; null, and errors, when manifest and image do not fit.</summary>
    internal static DeploymentSpec? Merge(DeploymentManifest manifest, ImageView image, List<FieldError> errors)
    {
        string workload = $"{manifest.Prefix}spec.workload";
        // As in Docker: args replace the command, the entry point stays in front.
        ImmutableArray<string> arguments = [.. image.Entrypoint, .. manifest.Arguments ?? [.. image.Cmd]];
        int before = errors.Count;
        if (arguments.Length == 0)
        {
            errors.Add(new FieldError($"{workload}.args", $"a program, because image {manifest.Image} names none", "nothing"));
        }

        if (manifest.Selector.MatchLabels.TryGetValue("arch", out string? arch)
            && s_architectures.FirstOrDefault(known => known.Label == arch).Oci is string oci
            && oci != image.Architecture)
        {
            errors.Add(new FieldError($"{workload}.image", $"an image for {arch} ({oci})", $"{manifest.Image}, which is for {image.Architecture}"));
        }

        WorkloadSpec merged = Workload(manifest, image, arguments);
        if (merged.Arguments.Length > MaxItems || merged.Environment.Count > MaxItems || ProcessBytes(merged) > MaxBytes)
        {
            errors.Add(new FieldError(
                $"{workload}.image",
                $"an image whose configuration and this manifest give at most {MaxItems} arguments and variables each and {MaxBytes} bytes",
                $"{merged.Arguments.Length}, {merged.Environment.Count} and {ProcessBytes(merged)}"));
        }

        return errors.Count > before ? null : new DeploymentSpec(manifest.Selector, merged, manifest.SpecJson);
    }

    private static int ProcessBytes(WorkloadSpec workload) =>
        workload.Arguments.Sum(Encoding.UTF8.GetByteCount)
        + workload.Environment.Sum(pair => Encoding.UTF8.GetByteCount(pair.Key) + Encoding.UTF8.GetByteCount(pair.Value));

    private static WorkloadSpec Workload(DeploymentManifest manifest, ImageView image, ImmutableArray<string> arguments) => new()
    {
        VmName = manifest.VmName.Value,
        ImageDigest = image.Digest,
        ImageSizeBytes = image.SizeBytes,
        ImageName = manifest.Image,
        Arguments = arguments,
        Environment = Variables(image.Env).ToImmutableSortedDictionary(StringComparer.Ordinal).SetItems(manifest.Environment),
        WorkingDirectory = image.WorkingDir.Length == 0 ? "/" : image.WorkingDir,
        User = image.User,
        VcpuCount = manifest.VcpuCount,
        MemoryMib = manifest.MemoryMib,
        RestartPolicy = manifest.RestartPolicy,
        GracePeriodSeconds = manifest.GracePeriodSeconds,
    };

    /// <summary><c>NAME=value</c> pairs; of two with one name the later counts.</summary>
    private static Dictionary<string, string> Variables(IReadOnlyList<string> pairs)
    {
        Dictionary<string, string> variables = new(StringComparer.Ordinal);
        foreach (string[] parts in pairs.Select(pair => pair.Split('=', 2)).Where(parts => parts is [{ Length: > 0 }, _]))
        {
            variables[parts[0]] = parts[1];
        }

        return variables;
    }
}
