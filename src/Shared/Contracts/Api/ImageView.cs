namespace MicroVm.Shared.Contracts.Api;

/// <summary>An image that the control plane keeps.</summary>
/// <param name="Name">Name and tag, such as <c>hello:1</c>; empty when no name points at it any more.</param>
/// <param name="Digest">What it is known by: the digest of its OCI image index, or of its manifest when it has no index.</param>
/// <param name="Platforms">One for each architecture, at least one, ordered by architecture.</param>
/// <param name="LeftOut">Platforms that were pushed with it and that no device has.</param>
/// <param name="CreatedAt">When it was pushed.</param>
public sealed record ImageView(
    string Name, string Digest, IReadOnlyList<ImagePlatformView> Platforms, IReadOnlyList<string> LeftOut, DateTimeOffset CreatedAt)
{
    /// <summary>True when the digest is this image's, one of its manifests' or one of its file systems'.</summary>
    public bool IsKnownBy(string digest) =>
        Digest == digest || Platforms.Any(platform => platform.Digest == digest || platform.ManifestDigest == digest);
}
