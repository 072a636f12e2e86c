using MicroVm.Shared.Identity;

namespace MicroVm.ControlPlane.Host.Images.Layout;

/// <summary>An image with all its platforms that devices have.</summary>
/// <param name="Digest">
/// What the image is known by: the digest of its index; of its manifest when the layout names that alone; of an index that
/// names its manifests when the layout's own file does so, because that file may name other images too.
/// </param>
/// <param name="Images">One for each architecture, at least one, ordered by architecture.</param>
/// <param name="LeftOut">The platforms that no device has, as <c>os/architecture[/variant]</c>.</param>
internal sealed record OciImageSet(Digest Digest, IReadOnlyList<OciImage> Images, IReadOnlyList<string> LeftOut);
