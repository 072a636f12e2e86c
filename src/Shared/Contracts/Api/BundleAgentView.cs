namespace MicroVm.Shared.Contracts.Api;

/// <summary>An agent release that a device needs.</summary>
/// <param name="Version">Its version.</param>
/// <param name="Architecture">What it runs on.</param>
/// <param name="Digest">SHA-256 of the artifact.</param>
/// <param name="SizeBytes">Length of the artifact.</param>
/// <param name="Manifest">Its manifest, signed with a key that the device is known to trust.</param>
public sealed record BundleAgentView(string Version, string Architecture, string Digest, ulong SizeBytes, byte[] Manifest);
