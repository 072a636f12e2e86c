using MicroVm.ControlPlane.Host.Images.Layout;
using MicroVm.Shared.Identity;

namespace MicroVm.ControlPlane.Host.Images;

/// <summary>An image as one platform has it, its squashfs in its place.</summary>
/// <param name="Architecture">The <see cref="MachineArchitecture"/> that it runs on.</param>
/// <param name="Digest">SHA-256 of the squashfs.</param>
/// <param name="ManifestDigest">Digest of the OCI manifest that it was made of.</param>
/// <param name="SizeBytes">Length of the squashfs.</param>
/// <param name="Config">The image's OCI configuration.</param>
internal sealed record ImportedPlatform(string Architecture, Digest Digest, Digest ManifestDigest, long SizeBytes, OciConfig Config);
