using System.Collections.Immutable;

namespace MicroVm.ControlPlane.Host.Manifests;

/// <summary>Reads <c>spec.workload.env</c>.</summary>
internal static class EnvironmentReader
{
    internal const string NameRule = "a variable's name without '=', spaces or control characters";
    private const string Path = WorkloadReader.Path + ".env";

    /// <summary>The variables; errors go to the reader.</summary>
    internal static ImmutableSortedDictionary<string, string> Read(FieldReader reader, ManifestMap workload)
    {
        var variables = ImmutableSortedDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
        ManifestNode? node = FieldReader.Get(workload, "env");
        if (node is null)
        {
            return variables.ToImmutable();
        }

        if (node is not ManifestMap { Fields.Count: <= ManifestLimits.ListItems } map)
        {
            reader.Fail(Path, $"a map of at most {ManifestLimits.ListItems} names to texts", node);
            return variables.ToImmutable();
        }

        foreach ((string name, _) in map.Fields)
        {
            string? value = reader.Text(map, Path, name, "a text");
            if (!IsName(name))
            {
                reader.Fail(FieldReader.Join(Path, name), NameRule, new ManifestText(name));
            }
            else if (value?.Contains('\0', StringComparison.Ordinal) == true)
            {
                reader.Fail(FieldReader.Join(Path, name), "a text without a NUL", new ManifestText(value));
            }

            variables[name] = value ?? "";
        }

        return variables.ToImmutable();
    }

    internal static bool IsName(string text) => text.Length > 0 && !text.Any(static c => c is '=' || char.IsWhiteSpace(c) || char.IsControl(c));
}
