namespace MicroVm.Shared.Contracts.Api;

/// <summary>An image that the control plane keeps.</summary>
/// <param name="Name">Name and tag, such as <c>hello:1</c>.</param>
/// <param name="Digest">SHA-256 of the squashfs.</param>
/// <param name="ManifestDigest">Digest of the OCI image manifest that it was made of.</param>
/// <param name="SizeBytes">Length of the squashfs.</param>
/// <param name="Architecture">OCI architecture: <c>amd64</c> or <c>arm64</c>.</param>
/// <param name="Entrypoint">OCI config.</param>
/// <param name="Cmd">OCI config.</param>
/// <param name="Env">OCI config, <c>NAME=value</c> each.</param>
/// <param name="User">OCI config.</param>
/// <param name="WorkingDir">OCI config.</param>
/// <param name="CreatedAt">When it was pushed.</param>
public sealed record ImageView(
    string Name,
    string Digest,
    string ManifestDigest,
    ulong SizeBytes,
    string Architecture,
    IReadOnlyList<string> Entrypoint,
    IReadOnlyList<string> Cmd,
    IReadOnlyList<string> Env,
    string User,
    string WorkingDir,
    DateTimeOffset CreatedAt);
