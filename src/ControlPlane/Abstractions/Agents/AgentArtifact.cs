namespace MicroVm.ControlPlane.Abstractions.Agents;

/// <summary>A release of the agent for one architecture.</summary>
/// <param name="Architecture">What it runs on.</param>
/// <param name="Digest">SHA-256 of the artifact.</param>
/// <param name="SizeBytes">Its length.</param>
[GenerateSerializer]
[Immutable]
public sealed record AgentArtifact([property: Id(0)] string Architecture, [property: Id(1)] string Digest, [property: Id(2)] ulong SizeBytes);
