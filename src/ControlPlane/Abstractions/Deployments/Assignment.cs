using System.Collections.Immutable;

namespace MicroVm.ControlPlane.Abstractions.Deployments;

/// <summary>What a deployment asks of one device.</summary>
/// <param name="Revision">The deployment's revision, from 1.</param>
/// <param name="Workload">The workload of that revision on one of its architectures.</param>
[GenerateSerializer]
[Immutable]
public sealed record Assignment([property: Id(0)] int Revision, [property: Id(1)] WorkloadSpec Workload)
{
    /// <summary>The same workload on further architectures.</summary>
    [Id(2)]
    public ImmutableArray<WorkloadSpec> Variants { get; init; } = [];

    /// <summary>The workload for a device of that architecture; null when there is none.</summary>
    public WorkloadSpec? On(string architecture) =>
        Workload.RunsOn(architecture) ? Workload : Variants.FirstOrDefault(variant => variant.RunsOn(architecture));

    /// <summary>The architectures that it is for; not to be asked of one that is for all.</summary>
    public IEnumerable<string> Architectures => Variants.Select(variant => variant.Architecture).Prepend(Workload.Architecture);
}
