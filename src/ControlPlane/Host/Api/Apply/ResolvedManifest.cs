using MicroVm.ControlPlane.Abstractions.Deployments;
using MicroVm.ControlPlane.Host.Manifests;

namespace MicroVm.ControlPlane.Host.Api.Apply;

/// <summary>A manifest that can be applied.</summary>
/// <param name="Manifest">As it was written.</param>
/// <param name="Spec">As its grain takes it.</param>
/// <param name="Devices">Ids of the devices that it selects at this moment.</param>
internal sealed record ResolvedManifest(DeploymentManifest Manifest, DeploymentSpec Spec, IReadOnlyList<string> Devices);
