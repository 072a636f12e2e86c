using MicroVm.ControlPlane.Host.Images.Layout;
using MicroVm.Shared.Identity;

namespace MicroVm.ControlPlane.Host.Images;

/// <summary>An image whose squashfs is in its place.</summary>
/// <param name="Name">What the operator calls it.</param>
/// <param name="Digest">SHA-256 of the squashfs.</param>
/// <param name="ManifestDigest">Digest of the OCI manifest that it was made of.</param>
/// <param name="SizeBytes">Length of the squashfs.</param>
/// <param name="Config">The image's OCI configuration.</param>
internal sealed record ImportedImage(ImageName Name, Digest Digest, Digest ManifestDigest, long SizeBytes, OciConfig Config);
