using MicroVm.ControlPlane.Host.Images.Layers;
using MicroVm.Shared.Identity;

namespace MicroVm.ControlPlane.Host.Images.Layout;

/// <summary>One image of a layout for one platform.</summary>
/// <param name="Machine">The <see cref="MachineArchitecture"/> that it runs on.</param>
/// <param name="ManifestDigest">Digest of its manifest.</param>
/// <param name="Config">Its configuration.</param>
/// <param name="Layers">Its layers, the lowest first.</param>
internal sealed record OciImage(string Machine, Digest ManifestDigest, OciConfig Config, IReadOnlyList<LayerSource> Layers);
