using MicroVm.ControlPlane.Host.Images.Layout;
using MicroVm.Shared.Identity;

namespace MicroVm.ControlPlane.Host.Images;

/// <summary>An image whose squashfs files are in their places.</summary>
/// <param name="Name">What the operator calls it.</param>
/// <param name="Digest">What it is known by; see <see cref="OciImageSet.Digest"/>.</param>
/// <param name="Platforms">One for each architecture, ordered by architecture.</param>
/// <param name="LeftOut">Platforms that it has and no device does.</param>
internal sealed record ImportedImage(
    ImageName Name, Digest Digest, IReadOnlyList<ImportedPlatform> Platforms, IReadOnlyList<string> LeftOut);
