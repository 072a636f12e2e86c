using System.Collections.Immutable;
using MicroVm.ControlPlane.Abstractions.Deployments;
using MicroVm.ControlPlane.Abstractions.Rollouts;
using MicroVm.Shared.Contracts.Desired;
using MicroVm.Shared.Identity;

namespace MicroVm.ControlPlane.Host.Manifests;

/// <summary>One document of kind Deployment, checked in itself; whether its image and secrets exist is not known yet.</summary>
internal sealed record DeploymentManifest
{
    /// <summary>What the document is called in errors: empty, or <c>documents[N].</c> when there are several.</summary>
    internal required string Prefix { get; init; }

    internal required ResourceName Name { get; init; }

    internal required LabelSelector Selector { get; init; }

    internal required string Image { get; init; }

    /// <summary>Replaces the image's entry point, and its command too; null leaves both.</summary>
    internal ImmutableArray<string>? Command { get; init; }

    /// <summary>Replaces the image's command; null leaves it.</summary>
    internal ImmutableArray<string>? Arguments { get; init; }

    internal required ImmutableSortedDictionary<string, string> Environment { get; init; }

    /// <summary>Replaces the image's user; null leaves it.</summary>
    internal string? User { get; init; }

    /// <summary>Replaces the image's working directory; null leaves it.</summary>
    internal string? WorkingDirectory { get; init; }

    /// <summary>Replaces the image's signal; null leaves it.</summary>
    internal int? StopSignal { get; init; }

    /// <summary>
    /// The rest of the VM. Its image, and of its process the program, the environment, the directory, the user and the signal, are
    /// not known before the image is; the version of a secret is 1, whatever it is by then.
    /// </summary>
    internal required VmSpec Vm { get; init; }

    /// <summary>How a revision spreads; null for all devices at once.</summary>
    internal RolloutStrategy? Strategy { get; init; }

    /// <summary>The document's <c>spec</c> as JSON.</summary>
    internal required string SpecJson { get; init; }
}
