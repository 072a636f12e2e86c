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
        if (node is ManifestMap { Fields.Count: > 0 and <= LabelRules.MaxCount })
        {
            return new LabelSelector(LabelsReader.Read(reader, path, node));
        }

        reader.Fail(path, $"1 to {LabelRules.MaxCount} labels", node);
        return Nothing;
    }
}
