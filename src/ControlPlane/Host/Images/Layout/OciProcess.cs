using System.Text.Json.Serialization;

namespace MicroVm.ControlPlane.Host.Images.Layout;

/// <summary>How an image is run (OCI image configuration, <c>config</c>).</summary>
/// <param name="User">User, or user and group, by name or number.</param>
/// <param name="Env"><c>NAME=value</c> each.</param>
/// <param name="Entrypoint">Program and first arguments.</param>
/// <param name="Cmd">Default arguments, or the program when there is no entry point.</param>
/// <param name="WorkingDir">Working directory.</param>
/// <param name="StopSignal">Signal that asks it to stop, by name or number.</param>
internal sealed record OciProcess(
    [property: JsonPropertyName("User")] string? User,
    [property: JsonPropertyName("Env")] IReadOnlyList<string>? Env,
    [property: JsonPropertyName("Entrypoint")] IReadOnlyList<string>? Entrypoint,
    [property: JsonPropertyName("Cmd")] IReadOnlyList<string>? Cmd,
    [property: JsonPropertyName("WorkingDir")] string? WorkingDir,
    [property: JsonPropertyName("StopSignal")] string? StopSignal = null);
