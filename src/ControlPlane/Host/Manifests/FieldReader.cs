using System.Globalization;
using MicroVm.Shared.Contracts.Api;

namespace MicroVm.ControlPlane.Host.Manifests;

/// <summary>
/// Reads fields of maps and collects what is wrong. A reading that failed gives null or a stand-in, so that the rest of the
/// document is read too; the stand-ins are never used, because there is an error.
/// </summary>
internal sealed class FieldReader(List<FieldError> errors, string prefix)
{
    internal string Prefix { get; } = prefix;

    internal int ErrorCount => errors.Count;

    internal void Fail(string path, string expected, string found) => errors.Add(new FieldError(Prefix + path, expected, found));

    internal void Fail(string path, string expected, ManifestNode? found) => Fail(path, expected, found?.Describe() ?? "nothing");

    /// <summary>The map at a path whose fields are all among the known ones.</summary>
    internal ManifestMap? Map(string path, ManifestNode? node, params string[] known)
    {
        if (node is not ManifestMap map)
        {
            Fail(path, "a map with " + string.Join(", ", known), node);
            return null;
        }

        foreach ((string name, _) in map.Fields.Where(field => !known.Contains(field.Key)))
        {
            Fail(Join(path, name), "one of " + string.Join(", ", known), "an unknown field");
        }

        return map;
    }

    /// <summary>A field's value; null when it is absent.</summary>
    internal static ManifestNode? Get(ManifestMap? map, string name) =>
        map?.Fields.FirstOrDefault(field => field.Key == name).Value;

    /// <summary>The text of a field.</summary>
    /// <param name="map">Where the field is.</param>
    /// <param name="path">Path of <paramref name="map"/>.</param>
    /// <param name="name">Name of the field.</param>
    /// <param name="expected">What it should be, in words.</param>
    /// <param name="absent">What an absent field stands for; null when it must be there.</param>
    internal string? Text(ManifestMap? map, string path, string name, string expected, string? absent = null)
    {
        switch (Get(map, name))
        {
            case ManifestText text:
                return text.Value;
            case null when map is null || absent is not null:
                return absent;
            case ManifestScalar { Kind: not ManifestScalarKind.Null } scalar:
                Fail(Join(path, name), expected, $"{scalar.Describe()} (a text has quotes: \"{scalar.Literal}\")");
                return null;
            case ManifestNode other:
                Fail(Join(path, name), expected, other);
                return null;
            default:
                Fail(Join(path, name), expected, "nothing");
                return null;
        }
    }

    /// <summary>The whole number of a field within a range.</summary>
    internal int Number(ManifestMap? map, string path, string name, int minimum, int maximum, int absent)
    {
        ManifestNode? node = Get(map, name);
        if (node is null)
        {
            return absent;
        }

        if (node is ManifestScalar { Kind: ManifestScalarKind.Number } scalar
            && int.TryParse(scalar.Literal, minimum < 0 ? NumberStyles.AllowLeadingSign : NumberStyles.None, CultureInfo.InvariantCulture, out int number)
            && number >= minimum && number <= maximum)
        {
            return number;
        }

        Fail(Join(path, name), $"a whole number from {minimum} to {maximum}", node);
        return absent;
    }

    /// <summary>The text of a field that may be absent; null when it is.</summary>
    internal string? Optional(ManifestMap? map, string path, string name, string expected) =>
        Get(map, name) is null ? null : Text(map, path, name, expected);

    /// <summary>What a field's text stands for; null when it is absent or wrong.</summary>
    /// <param name="map">Where the field is.</param>
    /// <param name="path">Path of <paramref name="map"/>.</param>
    /// <param name="name">Name of the field.</param>
    /// <param name="expected">What it should be, in words.</param>
    /// <param name="parse">Reads the text; null when it is wrong.</param>
    /// <param name="isRequired">Whether the field has to be there.</param>
    internal T? Parsed<T>(ManifestMap? map, string path, string name, string expected, Func<string, T?> parse, bool isRequired = false)
        where T : struct
    {
        string? text = isRequired ? Text(map, path, name, expected) : Optional(map, path, name, expected);
        T? value = text is null ? null : parse(text);
        if (text is not null && value is null)
        {
            Fail(Join(path, name), expected, text.Length == 0 ? "an empty text" : new ManifestText(text).Describe());
        }

        return value;
    }

    /// <summary>The items of a field that is a list, each with its path; none when the field is absent or no list.</summary>
    /// <param name="map">Where the field is.</param>
    /// <param name="path">Path of <paramref name="map"/>.</param>
    /// <param name="name">Name of the field.</param>
    /// <param name="most">Most items.</param>
    /// <param name="what">What the items are, in words.</param>
    internal IEnumerable<(string Path, ManifestNode Node)> List(ManifestMap? map, string path, string name, int most, string what)
    {
        ManifestNode? node = Get(map, name);
        string at = Join(path, name);
        if (node is ManifestList list && list.Items.Count <= most)
        {
            return list.Items.Select((item, index) => ($"{at}[{index}]", item));
        }

        if (node is not null)
        {
            Fail(at, $"a list of at most {most} {what}", node);
        }

        return [];
    }

    /// <summary>The truth value of a field; an absent one is false.</summary>
    internal bool Truth(ManifestMap? map, string path, string name)
    {
        ManifestNode? node = Get(map, name);
        if (node is not (null or ManifestScalar { Kind: ManifestScalarKind.Boolean }))
        {
            Fail(Join(path, name), "true or false", node);
        }

        return node is ManifestScalar scalar && scalar.Literal.StartsWith("t", StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>The name of one value of an enumeration.</summary>
    internal T Choice<T>(ManifestMap? map, string path, string name, T absent)
        where T : struct, Enum
    {
        string[] names = Enum.GetNames<T>();
        string expected = "one of " + string.Join(", ", names);
        string? text = Text(map, path, name, expected, absent.ToString());
        if (text is not null && !names.Contains(text))
        {
            Fail(Join(path, name), expected, new ManifestText(text));
            return absent;
        }

        return text is null ? absent : Enum.Parse<T>(text);
    }

    internal static string Join(string path, string name) => path.Length == 0 ? name : $"{path}.{name}";
}
