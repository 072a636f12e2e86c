namespace MicroVm.Shared.Contracts.Api;

/// <summary>An image that a device needs.</summary>
/// <param name="Digest">SHA-256 of the squashfs.</param>
/// <param name="SizeBytes">Length of the squashfs.</param>
/// <param name="Name">What the operator called it.</param>
/// <param name="Architecture">What it runs on.</param>
public sealed record BundleImageView(string Digest, ulong SizeBytes, string Name, string Architecture);
