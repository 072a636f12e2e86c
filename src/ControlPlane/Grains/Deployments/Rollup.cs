using System.Collections.Immutable;
using MicroVm.Shared.Contracts.Api;

namespace MicroVm.ControlPlane.Grains.Deployments;

/// <summary>A deployment's status over all its devices; the fields mean what those of <see cref="DeploymentView"/> do.</summary>
internal sealed record Rollup(
    string State, int Targeted, int Updated, int Ready, int Failed, ImmutableArray<DeploymentDeviceView> Devices);
