using System.Collections.Immutable;

namespace MicroVm.ControlPlane.Abstractions.Agents;

/// <summary>The agent that a device is to run.</summary>
/// <param name="Version">Its version.</param>
/// <param name="Artifacts">One for each architecture that the release is for.</param>
/// <param name="AllowDowngrade">An older version than the one that runs is meant.</param>
[GenerateSerializer]
[Immutable]
public sealed record AgentOrder(
    [property: Id(0)] string Version, [property: Id(1)] ImmutableArray<AgentArtifact> Artifacts, [property: Id(2)] bool AllowDowngrade)
{
    /// <summary>The artifact for a device of that architecture; null when there is none.</summary>
    public AgentArtifact? On(string architecture) => Artifacts.FirstOrDefault(artifact => artifact.Architecture == architecture);
}
