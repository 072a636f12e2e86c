using System.Text.Json.Serialization;

namespace MicroVm.ControlPlane.Host.Images.Layout;

/// <summary>A reference to a blob (OCI content descriptor).</summary>
/// <param name="MediaType">What the blob is.</param>
/// <param name="Digest">Its digest.</param>
/// <param name="Size">Its length in bytes.</param>
/// <param name="Platform">What it runs on; in an index only.</param>
/// <param name="Annotations">Free text by key.</param>
internal sealed record OciDescriptor(
    [property: JsonPropertyName("mediaType")] string? MediaType,
    [property: JsonPropertyName("digest")] string? Digest,
    [property: JsonPropertyName("size")] long Size,
    [property: JsonPropertyName("platform")] OciPlatform? Platform,
    [property: JsonPropertyName("annotations")] Dictionary<string, string>? Annotations)
{
    /// <summary>The tag that a layout keeps an image under; null when it has none.</summary>
    [JsonIgnore]
    public string? ReferenceName => Annotations?.GetValueOrDefault("org.opencontainers.image.ref.name");
}
