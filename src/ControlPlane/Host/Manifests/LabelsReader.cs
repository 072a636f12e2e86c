using System.Collections.Immutable;
using MicroVm.ControlPlane.Abstractions.Devices;

namespace MicroVm.ControlPlane.Host.Manifests;

/// <summary>Reads labels.</summary>
internal static class LabelsReader
{
    /// <summary>The labels at a path, none when there is nothing; errors go to the reader.</summary>
    internal static ImmutableSortedDictionary<string, string> Read(FieldReader reader, string path, ManifestNode? node)
    {
        var labels = ImmutableSortedDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
        if (node is not (null or ManifestMap { Fields.Count: <= LabelRules.MaxCount }))
        {
            reader.Fail(path, $"a map of at most {LabelRules.MaxCount} labels", node);
        }

        foreach ((string name, _) in (node as ManifestMap)?.Fields ?? [])
        {
            string expected = $"a label value, {LabelRules.ValueRule}";
            string? value = reader.Text((ManifestMap)node!, path, name, expected);
            if (!LabelRules.IsName(name))
            {
                reader.Fail(FieldReader.Join(path, name), $"a label name, {LabelRules.NameRule}", new ManifestText(name));
            }
            else if (value is not null && !LabelRules.IsValue(value))
            {
                reader.Fail(FieldReader.Join(path, name), expected, new ManifestText(value));
            }
            else if (value is not null)
            {
                labels[name] = value;
            }
        }

        return labels.ToImmutable();
    }
}
