namespace MicroVm.ControlPlane.Abstractions.Deployments;

/// <summary>What a deployment asks of one device.</summary>
/// <param name="Revision">The deployment's revision, from 1.</param>
/// <param name="Workload">The workload of that revision.</param>
[GenerateSerializer]
[Immutable]
public sealed record Assignment([property: Id(0)] int Revision, [property: Id(1)] WorkloadSpec Workload);
