using System.Collections.Immutable;
using MicroVm.ControlPlane.Abstractions.Deployments;
using MicroVm.ControlPlane.Abstractions.Devices;

namespace MicroVm.ControlPlane.Host.Manifests;

/// <summary>
/// Reads a selector: a text in the selector language, or a map with <c>matchLabels</c>, <c>expression</c> (the same language)
/// or both.
/// </summary>
internal static class SelectorReader
{
    /// <summary>Stands for a selector that could not be read.</summary>
    internal static LabelSelector Nothing { get; } = new(ImmutableSortedDictionary<string, string>.Empty);

    /// <summary>The selector at a path; errors go to the reader.</summary>
    internal static LabelSelector Read(FieldReader reader, string path, ManifestNode? node)
    {
        if (node is ManifestText text)
        {
            return Nothing with { Requirements = ReadLanguage(reader, path, text.Value) };
        }

        ManifestMap? selector = reader.Map(path, node, "matchLabels", "expression");
        ManifestNode? expression = FieldReader.Get(selector, "expression");
        ImmutableArray<LabelRequirement> requirements = expression is not null
            && reader.Text(selector, path, "expression", SelectorText.Rule) is string written
            ? ReadLanguage(reader, $"{path}.expression", written)
            : [];
        return selector is null || (expression is not null && FieldReader.Get(selector, "matchLabels") is null)
            ? Nothing with { Requirements = requirements }
            : ReadLabels(reader, $"{path}.matchLabels", FieldReader.Get(selector, "matchLabels")) with { Requirements = requirements };
    }

    private static ImmutableArray<LabelRequirement> ReadLanguage(FieldReader reader, string path, string text)
    {
        if (!SelectorText.TryParse(text, out ImmutableArray<LabelRequirement> requirements, out string found))
        {
            reader.Fail(path, SelectorText.Rule, found);
        }

        return requirements;
    }

    private static LabelSelector ReadLabels(FieldReader reader, string path, ManifestNode? node)
    {
        var labels = ImmutableSortedDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
        if (node is not ManifestMap { Fields.Count: > 0 and <= LabelRules.MaxCount })
        {
            reader.Fail(path, $"1 to {LabelRules.MaxCount} labels", node);
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

        return new LabelSelector(labels.ToImmutable());
    }
}
