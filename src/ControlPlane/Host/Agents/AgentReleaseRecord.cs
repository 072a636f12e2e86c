using MicroVm.Shared.Contracts.Releases;

namespace MicroVm.ControlPlane.Host.Agents;

/// <summary>A release of the agent for one architecture, as it is kept.</summary>
/// <param name="Manifest">What it is.</param>
/// <param name="CreatedAt">When it was pushed.</param>
internal sealed record AgentReleaseRecord(AgentManifest Manifest, DateTimeOffset CreatedAt);
