using System.Collections.Immutable;
using MicroVm.ControlPlane.Abstractions.Deployments;

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

    /// <summary>
    /// Every device that may have been told to run it. Written before a device is told, so that none is forgotten when the
    /// process stops in between.
    /// </summary>
    public ImmutableSortedSet<string> Targets { get; init; } = ImmutableSortedSet<string>.Empty;

    internal bool Exists => Spec is not null && !Deleting;

    internal string ETag => $"\"{Incarnation.ToString("N")[..8]}-{Revision}\"";
}
