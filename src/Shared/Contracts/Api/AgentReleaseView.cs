namespace MicroVm.Shared.Contracts.Api;

/// <summary>A release of the agent for one architecture.</summary>
/// <param name="Version">Its version.</param>
/// <param name="Architecture">What it runs on.</param>
/// <param name="Digest">SHA-256 of the artifact.</param>
/// <param name="SizeBytes">Length of the artifact.</param>
/// <param name="UnpackedBytes">What it takes on a device.</param>
/// <param name="Files">Names of what is in it.</param>
/// <param name="CreatedAt">When it was pushed.</param>
public sealed record AgentReleaseView(
    string Version, string Architecture, string Digest, ulong SizeBytes, ulong UnpackedBytes, IReadOnlyList<string> Files, DateTimeOffset CreatedAt);
