using System.Collections.Immutable;
using MicroVm.ControlPlane.Abstractions.Deployments;
using MicroVm.ControlPlane.Abstractions.Rollouts;
using MicroVm.Shared.Contracts.Desired;
using MicroVm.Shared.Identity;

namespace MicroVm.ControlPlane.Host.Manifests;

/// <summary>One document of kind Deployment, checked in itself; whether its image exists is not known yet.</summary>
internal sealed record DeploymentManifest
{
    /// <summary>What the document is called in errors: empty, or <c>documents[N].</c> when there are several.</summary>
    internal required string Prefix { get; init; }

    internal required ResourceName Name { get; init; }

    internal required LabelSelector Selector { get; init; }

    internal required ResourceName VmName { get; init; }

    internal required string Image { get; init; }

    /// <summary>Replaces the image's command; null leaves it.</summary>
    internal ImmutableArray<string>? Arguments { get; init; }

    internal required ImmutableSortedDictionary<string, string> Environment { get; init; }

    internal required int VcpuCount { get; init; }

    internal required int MemoryMib { get; init; }

    internal required RestartPolicy RestartPolicy { get; init; }

    internal required int GracePeriodSeconds { get; init; }

    /// <summary>How a revision spreads; null for all devices at once.</summary>
    internal RolloutStrategy? Strategy { get; init; }

    /// <summary>The document's <c>spec</c> as JSON.</summary>
    internal required string SpecJson { get; init; }
}
