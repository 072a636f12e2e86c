using System.Collections.Immutable;
using MicroVm.ControlPlane.Abstractions.Rollouts;

namespace MicroVm.ControlPlane.Abstractions.Deployments;

/// <summary>A deployment as an operator wants it.</summary>
/// <param name="Selector">Which devices.</param>
/// <param name="Workload">What they run, on one of the image's architectures.</param>
/// <param name="SpecJson">The manifest's <c>spec</c> as JSON, for showing.</param>
[GenerateSerializer]
[Immutable]
public sealed record DeploymentSpec(
    [property: Id(0)] LabelSelector Selector,
    [property: Id(1)] WorkloadSpec Workload,
    [property: Id(2)] string SpecJson)
{
    /// <summary>The same workload on the image's further architectures, in their order.</summary>
    [Id(3)]
    public ImmutableArray<WorkloadSpec> Variants { get; init; } = [];

    /// <summary>How a revision spreads; null for all devices at once.</summary>
    [Id(4)]
    public RolloutStrategy? Strategy { get; init; }

    /// <summary>True when applying one over the other changes nothing.</summary>
    public bool HasContentOf(DeploymentSpec other) =>
        SpecJson == other.SpecJson
        && Selector.HasContentOf(other.Selector)
        && Workload.HasContentOf(other.Workload)
        && Variants.Length == other.Variants.Length
        && Variants.Zip(other.Variants).All(pair => pair.First.HasContentOf(pair.Second));
}
