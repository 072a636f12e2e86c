using System.Collections.Immutable;
using System.Text;
using MicroVm.ControlPlane.Abstractions.Deployments;
using MicroVm.Shared.Contracts.Api;
using MicroVm.Shared.Contracts.Desired;
using MicroVm.Shared.Identity;

namespace MicroVm.ControlPlane.Host.Manifests;

/// <summary>Merges a manifest and its image's configuration (OCI image specification, config). Pure.</summary>
internal static class WorkloadMerge
{
    private const int MaxItems = 2 * ManifestLimits.ListItems, MaxBytes = 2 * ManifestLimits.ProcessBytes;

    /// <summary>The deployment as grains take it; null, and errors, when manifest and image do not fit.</summary>
    internal static DeploymentSpec? Merge(DeploymentManifest manifest, ImageView image, List<FieldError> errors)
    {
        int before = errors.Count;
        if (OnlyArchitecture(manifest.Selector) is string arch && image.Platforms.All(platform => platform.Architecture != arch))
        {
            errors.Add(new FieldError(
                $"{manifest.Prefix}spec.workload.image",
                MachineArchitecture.ToOci(arch) is string oci ? $"an image for {arch} (linux/{oci})" : $"an image for {arch}",
                $"{manifest.Image}, which is for {string.Join(" and ", image.Platforms.Select(platform => platform.Platform))}"));
        }

        WorkloadSpec[] merged = [.. image.Platforms.Select(platform => Merge(manifest, platform, errors))];
        return errors.Count > before ? null : new DeploymentSpec(manifest.Selector, merged[0], manifest.SpecJson)
        {
            Variants = [.. merged[1..]],
            Strategy = manifest.Strategy,
        };
    }

    /// <summary>The one architecture that a selector asks for by name; null when it takes others too.</summary>
    private static string? OnlyArchitecture(LabelSelector selector) => selector.MatchLabels.GetValueOrDefault("arch")
        ?? selector.Requirements.FirstOrDefault(one => one is { Name: "arch", Operator: LabelOperator.In, Values.Length: 1 })?.Values[0];

    private static WorkloadSpec Merge(DeploymentManifest manifest, ImagePlatformView platform, List<FieldError> errors)
    {
        string workload = $"{manifest.Prefix}spec.workload";
        // As in Kubernetes: args replace the image's command and its entry point stays in front; command replaces both.
        ImmutableArray<string> arguments = manifest.Command is ImmutableArray<string> command
            ? [.. command, .. manifest.Arguments ?? []]
            : [.. platform.Entrypoint, .. manifest.Arguments ?? [.. platform.Cmd]];
        if (arguments.Length == 0)
        {
            errors.Add(new FieldError($"{workload}.args", $"a program, because image {manifest.Image} names none for {platform.Platform}", "nothing"));
        }

        int? signal = manifest.StopSignal ?? (platform.StopSignal.Length == 0 ? ProcessSpec.DefaultStopSignal : SignalNames.Parse(platform.StopSignal));
        if (signal is null)
        {
            errors.Add(new FieldError($"{workload}.stopSignal", $"a signal, because that of image {manifest.Image} is none of Linux", platform.StopSignal));
        }

        WorkloadSpec merged = Workload(manifest, platform, arguments, signal ?? ProcessSpec.DefaultStopSignal);
        if (merged.Arguments.Length > MaxItems || merged.Environment.Count > MaxItems || ProcessBytes(merged) > MaxBytes)
        {
            errors.Add(new FieldError(
                $"{workload}.image",
                $"an image whose configuration for {platform.Platform} and this manifest give at most {MaxItems} arguments and variables each and {MaxBytes} bytes",
                $"{merged.Arguments.Length}, {merged.Environment.Count} and {ProcessBytes(merged)}"));
        }

        return merged;
    }

    private static int ProcessBytes(WorkloadSpec workload) =>
        workload.Arguments.Sum(Encoding.UTF8.GetByteCount)
        + workload.Environment.Sum(pair => Encoding.UTF8.GetByteCount(pair.Key) + Encoding.UTF8.GetByteCount(pair.Value));

    private static WorkloadSpec Workload(DeploymentManifest manifest, ImagePlatformView image, ImmutableArray<string> arguments, int signal) => new()
    {
        VmName = manifest.Vm.Name.Value,
        ImageDigest = image.Digest,
        ImageSizeBytes = image.SizeBytes,
        ImageName = manifest.Image,
        Arguments = arguments,
        Environment = Variables(image.Env).ToImmutableSortedDictionary(StringComparer.Ordinal).SetItems(manifest.Environment),
        WorkingDirectory = manifest.WorkingDirectory ?? (image.WorkingDir.Length == 0 ? "/" : image.WorkingDir),
        User = manifest.User ?? image.User,
        VcpuCount = manifest.Vm.VcpuCount,
        MemoryMib = manifest.Vm.MemoryMib,
        RestartPolicy = manifest.Vm.RestartPolicy,
        GracePeriodSeconds = manifest.Vm.GracePeriodSeconds,
        Architecture = image.Architecture,
        Further = manifest.Vm with { Process = manifest.Vm.Process with { Arguments = arguments.IsEmpty ? ["-"] : arguments, StopSignal = signal } },
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
