using System.Collections.Immutable;
using System.Text.Json.Serialization;
using MicroVm.ControlPlane.Abstractions.Serialization;
using MicroVm.Shared.Contracts.Desired;
using MicroVm.Shared.Identity;

namespace MicroVm.ControlPlane.Abstractions.Deployments;

/// <summary>A deployment's workload on one architecture with its image resolved and the image's configuration merged in.</summary>
[GenerateSerializer]
[Immutable]
public sealed record WorkloadSpec
{
    /// <summary>VM name on the device.</summary>
    [Id(0)]
    public required string VmName { get; init; }

    /// <summary>Digest of the root file system.</summary>
    [Id(1)]
    public required string ImageDigest { get; init; }

    /// <summary>Length of the root file system.</summary>
    [Id(2)]
    public required ulong ImageSizeBytes { get; init; }

    /// <summary>What the manifest called the image.</summary>
    [Id(3)]
    public required string ImageName { get; init; }

    /// <summary>Program and arguments.</summary>
    [Id(4)]
    public required ImmutableArray<string> Arguments { get; init; }

    /// <summary>Environment variables.</summary>
    [Id(5)]
    public required ImmutableSortedDictionary<string, string> Environment { get; init; }

    /// <summary>Absolute path inside the image.</summary>
    [Id(6)]
    public required string WorkingDirectory { get; init; }

    /// <summary>OCI user; empty is root.</summary>
    [Id(7)]
    public required string User { get; init; }

    /// <summary>Virtual CPUs.</summary>
    [Id(8)]
    public required int VcpuCount { get; init; }

    /// <summary>Guest memory in MiB.</summary>
    [Id(9)]
    public required int MemoryMib { get; init; }

    /// <summary>What happens when the workload ends.</summary>
    [Id(10)]
    public required RestartPolicy RestartPolicy { get; init; }

    /// <summary>Seconds between asking the workload to stop and killing it.</summary>
    [Id(11)]
    public required int GracePeriodSeconds { get; init; }

    /// <summary>
    /// What the image runs on, a <see cref="Shared.Identity.MachineArchitecture"/>; empty when it was applied before that was
    /// kept, and then every device may have it.
    /// </summary>
    [Id(12)]
    public string Architecture { get; init; } = "";

    /// <summary>True when a device of that architecture can run it.</summary>
    public bool RunsOn(string architecture) => Architecture.Length == 0 || Architecture == architecture;

    /// <summary>
    /// Everything else that a VM of it has. Its fields that this record has as well are not looked at, and the version of a secret
    /// is not known yet. Null when there is nothing else, as in what was applied before there was.
    /// </summary>
    [Id(13)]
    [JsonConverter(typeof(VmSpecJsonConverter))]
    public VmSpec? Further { get; init; }

    /// <summary>True when both give the same VM, lists and maps by content.</summary>
    public bool HasContentOf(WorkloadSpec other) => ToVm(VmName, 1).ContentDigest() == other.ToVm(VmName, 1).ContentDigest();

    /// <summary>The image.</summary>
    public ImageReference ToImage() => new(Digest.Parse(ImageDigest), ImageSizeBytes, ImageName, Architecture);

    /// <summary>The VM of a deployment's revision.</summary>
    public VmSpec ToVm(string deployment, int revision)
    {
        VmSpec vm = Further ?? new VmSpec { Name = default, Deployment = default, Revision = 0, Image = null!, Process = null! };
        return vm with
        {
            Name = ResourceName.Parse(VmName),
            Deployment = ResourceName.Parse(deployment),
            Revision = revision,
            Image = ToImage(),
            Process = (Further?.Process ?? new ProcessSpec([], Environment, "", "")) with
            {
                Arguments = Arguments,
                Environment = Environment,
                WorkingDirectory = WorkingDirectory,
                User = User,
            },
            VcpuCount = VcpuCount,
            MemoryMib = MemoryMib,
            RestartPolicy = RestartPolicy,
            GracePeriodSeconds = GracePeriodSeconds,
        };
    }
}
