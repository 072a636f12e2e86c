using System.Text.Json.Serialization;

namespace MicroVm.ControlPlane.Host.Images.Layout;

/// <summary>What an image runs on (OCI image index, <c>platform</c>).</summary>
/// <param name="Architecture">Go's name of the architecture.</param>
/// <param name="Os">Go's name of the operating system.</param>
internal sealed record OciPlatform(
    [property: JsonPropertyName("architecture")] string? Architecture,
    [property: JsonPropertyName("os")] string? Os)
{
    /// <summary>Linux on x86_64.</summary>
    public static OciPlatform LinuxAmd64 { get; } = new("amd64", "linux");

    /// <inheritdoc/>
    public override string ToString() => $"{Os}/{Architecture}";
}
