using System.Collections.Immutable;
using MicroVm.ControlPlane.Abstractions.Deployments;
using MicroVm.ControlPlane.Grains.Rollouts;

namespace MicroVm.ControlPlane.Grains.Deployments;

/// <summary>What a deployment keeps.</summary>
internal sealed record DeploymentState
{
    /// <summary>What is wanted; null while there is no such deployment.</summary>
    public DeploymentSpec? Spec { get; init; }

    /// <summary>Tells a deployment from an earlier one of the same name.</summary>
    public Guid Incarnation { get; init; }

    /// <summary>Rises by one with each changed spec, from 1.</summary>
    public int Revision { get; init; }

    /// <summary>When this revision was applied.</summary>
    public DateTimeOffset UpdatedAt { get; init; }

    /// <summary>True while its VMs are being taken from devices.</summary>
    public bool Deleting { get; init; }

    /// <summary>How the revision spreads; null in states from before rollouts, and while there is no such deployment.</summary>
    public RolloutState? Rollout { get; init; }

    /// <summary>Revisions whose rollout was complete, the newest last, at most <see cref="MaxGood"/>.</summary>
    public ImmutableArray<GoodRevision> Good { get; init; } = [];

    /// <summary>Shards that its devices are in.</summary>
    public int ShardCount { get; init; }

    /// <summary>Devices of a state from before shards; they are moved to shards when it is read.</summary>
    public ImmutableSortedSet<string> Targets { get; init; } = ImmutableSortedSet<string>.Empty;

    internal const int MaxGood = 5;

    internal bool Exists => Spec is not null && !Deleting;

    /// <summary>What a device is told to run in a revision; null when the revision is not kept any more.</summary>
    internal Assignment? AssignmentOf(int revision)
    {
        DeploymentSpec? spec = revision == Revision ? Spec : Good.FirstOrDefault(good => good.Revision == revision)?.Spec;
        return spec is null ? null : new Assignment(revision, spec.Workload) { Variants = spec.Variants };
    }

    internal string ETag => $"\"{Incarnation.ToString("N")[..8]}-{Revision}\"";
}
