namespace MicroVm.Shared.Contracts.Api;

/// <summary>An image as one platform has it.</summary>
/// <param name="Platform">The OCI's name of the platform, such as <c>linux/arm64</c>.</param>
/// <param name="Architecture">What devices call their architecture: <c>x86_64</c> or <c>aarch64</c>.</param>
/// <param name="Digest">SHA-256 of the squashfs.</param>
/// <param name="ManifestDigest">Digest of the OCI image manifest that it was made of.</param>
/// <param name="SizeBytes">Length of the squashfs.</param>
/// <param name="Entrypoint">OCI config.</param>
/// <param name="Cmd">OCI config.</param>
/// <param name="Env">OCI config, <c>NAME=value</c> each.</param>
/// <param name="User">OCI config.</param>
/// <param name="WorkingDir">OCI config.</param>
public sealed record ImagePlatformView(
    string Platform,
    string Architecture,
    string Digest,
    string ManifestDigest,
    ulong SizeBytes,
    IReadOnlyList<string> Entrypoint,
    IReadOnlyList<string> Cmd,
    IReadOnlyList<string> Env,
    string User,
    string WorkingDir)
{
    /// <summary>OCI config; empty when it names none.</summary>
    public string StopSignal { get; init; } = "";
}
