using System.Text.Json.Serialization;

namespace MicroVm.ControlPlane.Host.Images.Layout;

/// <summary>The file <c>oci-layout</c>.</summary>
/// <param name="Version">1.0.0.</param>
internal sealed record OciLayoutMarker([property: JsonPropertyName("imageLayoutVersion")] string? Version);
