using System.Collections.Immutable;
using MicroVm.ControlPlane.Abstractions.Rollouts;

namespace MicroVm.ControlPlane.Abstractions.Deployments;

/// <summary>What became of applying a deployment.</summary>
/// <param name="Action">What was done.</param>
/// <param name="Revision">Revision now.</param>
/// <param name="Devices">Ids of the devices that it selects now.</param>
/// <param name="ETag">What the deployment is known by now.</param>
[GenerateSerializer]
[Immutable]
public sealed record ApplyOutcome(
    [property: Id(0)] ApplyAction Action,
    [property: Id(1)] int Revision,
    [property: Id(2)] ImmutableArray<string> Devices,
    [property: Id(3)] string ETag)
{
    /// <summary>What happens to each device, in the order in which they are told; empty when it is not a preview.</summary>
    [Id(4)]
    public ImmutableArray<PlannedDevice> Plan { get; init; } = [];

    /// <summary>The spec that it replaces as JSON; null when there is none, and when it is not a preview.</summary>
    [Id(5)]
    public string? SpecBefore { get; init; }
}
