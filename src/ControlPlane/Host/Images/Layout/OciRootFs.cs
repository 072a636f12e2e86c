using System.Text.Json.Serialization;

namespace MicroVm.ControlPlane.Host.Images.Layout;

/// <summary>The layers by content (OCI image configuration, <c>rootfs</c>).</summary>
/// <param name="DiffIds">Digests of the decompressed layers, the lowest first.</param>
internal sealed record OciRootFs([property: JsonPropertyName("diff_ids")] IReadOnlyList<string>? DiffIds);
