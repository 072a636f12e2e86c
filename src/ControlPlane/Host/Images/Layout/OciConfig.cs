using System.Text.Json.Serialization;

namespace MicroVm.ControlPlane.Host.Images.Layout;

/// <summary>An OCI image configuration.</summary>
/// <param name="Architecture">Go's name of the architecture.</param>
/// <param name="Os">Go's name of the operating system.</param>
/// <param name="Variant">Which kind of the architecture; null for the usual one.</param>
/// <param name="Process">How a container of it is run.</param>
/// <param name="RootFs">Its layers by content.</param>
internal sealed record OciConfig(
    [property: JsonPropertyName("architecture")] string? Architecture,
    [property: JsonPropertyName("os")] string? Os,
    [property: JsonPropertyName("variant")] string? Variant,
    [property: JsonPropertyName("config")] OciProcess? Process,
    [property: JsonPropertyName("rootfs")] OciRootFs? RootFs)
{
    /// <summary>What it runs on.</summary>
    [JsonIgnore]
    public OciPlatform Platform => new(Architecture, Os, Variant);
}
