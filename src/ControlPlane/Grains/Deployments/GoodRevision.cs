using MicroVm.ControlPlane.Abstractions.Deployments;

namespace MicroVm.ControlPlane.Grains.Deployments;

/// <summary>A revision whose rollout was complete: what devices can go back to.</summary>
/// <param name="Revision">Its number.</param>
/// <param name="Spec">What was wanted.</param>
internal sealed record GoodRevision(int Revision, DeploymentSpec Spec);
