using System.Text.Json.Serialization;
using MicroVm.Shared.Identity;

namespace MicroVm.ControlPlane.Host.Images.Layout;

/// <summary>What an image runs on (OCI image index, <c>platform</c>).</summary>
/// <param name="Architecture">Go's name of the architecture.</param>
/// <param name="Os">Go's name of the operating system.</param>
/// <param name="Variant">Which kind of the architecture; null for the usual one.</param>
internal sealed record OciPlatform(
    [property: JsonPropertyName("architecture")] string? Architecture,
    [property: JsonPropertyName("os")] string? Os,
    [property: JsonPropertyName("variant")] string? Variant = null)
{
    private const int ShownCharacters = 64;

    /// <summary>
    /// The <see cref="MachineArchitecture"/> of the devices that run it; null when none of ours does. <c>v8</c> is every
    /// 64-bit Arm and <c>v1</c> every 64-bit x86; a later variant needs processors that a fleet may not have.
    /// </summary>
    [JsonIgnore]
    public string? Machine => (Os, Architecture, Variant) switch
    {
        ("linux", "amd64", null or "" or "v1") => MachineArchitecture.X64,
        ("linux", "arm64", null or "" or "v8") => MachineArchitecture.Arm64,
        _ => null,
    };

    /// <summary>True for what is in an index and is no image, such as Docker's attestations.</summary>
    [JsonIgnore]
    public bool IsUnknown => Os == "unknown" || Architecture == "unknown";

    /// <summary>The platform of a <see cref="MachineArchitecture"/>.</summary>
    public static string Of(string machine) => $"linux/{MachineArchitecture.ToOci(machine)}";

    /// <inheritdoc/>
    public override string ToString()
    {
        // It comes from the layout and goes into one line for people.
        string text = Variant is { Length: > 0 } ? $"{Os}/{Architecture}/{Variant}" : $"{Os}/{Architecture}";
        return string.Concat(text.Take(ShownCharacters).Select(static c => char.IsControl(c) ? '\uFFFD' : c));
    }
}
