using System.Text.Json.Serialization;

namespace MicroVm.ControlPlane.Host.Images.Layout;

/// <summary>An OCI image manifest.</summary>
/// <param name="Config">The image's config.</param>
/// <param name="Layers">Its layers, the lowest first.</param>
internal sealed record OciManifest(
    [property: JsonPropertyName("config")] OciDescriptor? Config,
    [property: JsonPropertyName("layers")] IReadOnlyList<OciDescriptor?>? Layers);
