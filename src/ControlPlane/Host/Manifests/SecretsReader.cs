using MicroVm.Shared.Contracts.Desired;
using MicroVm.Shared.Identity;

namespace MicroVm.ControlPlane.Host.Manifests;

/// <summary>Reads <c>spec.workload.secrets</c>: the name of each and the variable or the file that has it.</summary>
internal static class SecretsReader
{
    /// <summary>Which version it is is not the manifest's affair.</summary>
    private const int AnyVersion = 1;
    private const int MaxSecrets = 64;

    /// <summary>The secrets; errors go to the reader.</summary>
    internal static IReadOnlyList<SecretMount> Read(FieldReader reader, ManifestMap workload) =>
    [
        .. reader.List(workload, WorkloadReader.Path, "secrets", MaxSecrets, "secrets")
            .Select(item => ReadOne(reader, item.Path, item.Node)).OfType<SecretMount>(),
    ];

    private static SecretMount? ReadOne(FieldReader reader, string path, ManifestNode node)
    {
        if (reader.Map(path, node, "name", "env", "file") is not ManifestMap map)
        {
            return null;
        }

        ResourceName? name = NameReader.Read(reader, map, path, "name");
        bool isVariable = FieldReader.Get(map, "env") is not null, isFile = FieldReader.Get(map, "file") is not null;
        if (isVariable == isFile)
        {
            reader.Fail(path, "env or file, and not both", isFile ? "both" : "neither");
            return null;
        }

        string? variable = isVariable ? reader.Text(map, path, "env", EnvironmentReader.NameRule) : "";
        if (isVariable && variable is not null && !EnvironmentReader.IsName(variable))
        {
            reader.Fail($"{path}.env", EnvironmentReader.NameRule, variable.Length == 0 ? "an empty text" : new ManifestText(variable).Describe());
            return null;
        }

        string? file = isFile ? VolumesReader.ReadPath(reader, map, path, "file") : "";
        return name is null || variable is null || file is null ? null : new SecretMount(name.Value, AnyVersion, variable, file);
    }
}
