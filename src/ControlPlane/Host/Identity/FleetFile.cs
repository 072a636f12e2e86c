using System.Text.Json;
using MicroVm.ControlPlane.Host.Configuration;

namespace MicroVm.ControlPlane.Host.Identity;

/// <summary>The file <c>fleet.json</c>, which says which keys count.</summary>
internal sealed class FleetFile(string folder)
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const UnixFileMode Readable = OwnerOnly | UnixFileMode.GroupRead | UnixFileMode.OtherRead;

    internal string Path { get; } = System.IO.Path.Combine(folder, "fleet.json");

    /// <summary>The ring; null when there is no file.</summary>
    /// <exception cref="ControlPlaneConfigurationException">The file does not say one.</exception>
    internal FleetRing? Read()
    {
        try
        {
            return !File.Exists(Path) ? null
                : JsonSerializer.Deserialize<FleetRing>(File.ReadAllText(Path), JsonSerializerOptions.Web) is { TrustVersion: > 0 } ring
                    && !ring.Signing.IsDefaultOrEmpty && !ring.Authorities.IsDefaultOrEmpty
                    ? ring
                    : throw new JsonException("expected signing keys and authorities");
        }
        catch (Exception e) when (e is JsonException or IOException or UnauthorizedAccessException)
        {
            throw new ControlPlaneConfigurationException(ExitCode.DataDirectory, $"{Path}: expected the fleet's keys: {e.Message}", e);
        }
    }

    internal void Write(FleetRing ring) => DurableFile.Write(Path, JsonSerializer.Serialize(ring, JsonSerializerOptions.Web), OwnerOnly);

    /// <summary>Writes a certificate, which is no secret.</summary>
    internal void WriteCertificate(string name, string pem) => DurableFile.Write(System.IO.Path.Combine(folder, name), pem, Readable);

    internal string ReadCertificate(string name)
    {
        string path = System.IO.Path.Combine(folder, name);
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ControlPlaneConfigurationException(ExitCode.DataDirectory, $"{path}: expected a certificate: {e.Message}", e);
        }
    }
}
