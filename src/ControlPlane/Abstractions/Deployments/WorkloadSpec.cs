using System.Collections.Immutable;
using MicroVm.Shared.Contracts.Desired;

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

    /// <summary>True when both are the same in every field, lists and maps by content.</summary>
    public bool HasContentOf(WorkloadSpec other) =>
        Arguments.SequenceEqual(other.Arguments)
        && Environment.SequenceEqual(other.Environment)
        && this with { Arguments = other.Arguments, Environment = other.Environment } == other;
}
