using System.Text.Json.Serialization;

namespace MicroVm.ControlPlane.Host.Images.Layout;

/// <summary>An OCI image index.</summary>
/// <param name="Manifests">Manifests and further indexes.</param>
internal sealed record OciIndex([property: JsonPropertyName("manifests")] IReadOnlyList<OciDescriptor?>? Manifests);
