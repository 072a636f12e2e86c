using MicroVm.Shared.Contracts.Api;

namespace MicroVm.ControlPlane.Abstractions.Deployments;

/// <summary>A deployment at one moment.</summary>
/// <param name="View">As the API shows it.</param>
/// <param name="ETag">What this revision is known by; status does not change it.</param>
[GenerateSerializer]
[Immutable]
public sealed record DeploymentSnapshot([property: Id(0)] DeploymentView View, [property: Id(1)] string ETag);
