using System.Text.Json;

namespace MicroVm.EdgeAgent.Configuration;

/// <summary>One JSON object of the configuration. Remembers which keys were asked for, so that others can be refused.</summary>
internal sealed class ConfigurationObject
{
    private readonly JsonElement _element;
    private readonly string _path;
    private readonly HashSet<string> _known = [];

    internal ConfigurationObject(JsonElement element, string path)
    {
        _path = path;
        _element = element.ValueKind == JsonValueKind.Object
            ? element
            : throw new ConfigurationException($"{(path.Length == 0 ? "configuration" : path)}: expected an object, found {Describe(element)}");
    }

    /// <summary>A text; <paramref name="fallback"/> when the key is absent, which is refused when there is none.</summary>
    internal string Text(string key, string? fallback = null) =>
        !TryGet(key, out JsonElement value)
            ? fallback ?? throw Fault(key, "a text", "nothing")
            : value.ValueKind == JsonValueKind.String ? value.GetString()! : throw Fault(key, "a text", Describe(value));

    /// <summary>Whether there is such a key.</summary>
    internal bool Has(string key) => TryGet(key, out _);

    /// <summary>A text; null when the key is absent.</summary>
    internal string? OptionalText(string key) => Has(key) ? Text(key) : null;

    /// <summary>An absolute path.</summary>
    internal string AbsolutePath(string key, string fallback)
    {
        string path = Text(key, fallback);
        return path.StartsWith('/') && !path.Contains('\0', StringComparison.Ordinal)
            ? path.TrimEnd('/')
            : throw Fault(key, "an absolute path", $"'{path}'");
    }

    /// <summary>An integer within a range.</summary>
    internal int Integer(string key, int minimum, int maximum, int fallback)
    {
        if (!TryGet(key, out JsonElement value))
        {
            return fallback;
        }

        bool valid = value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out int number) && number >= minimum && number <= maximum;
        return valid ? value.GetInt32() : throw Fault(key, $"an integer from {minimum} to {maximum}", Describe(value));
    }

    /// <summary>True or false.</summary>
    internal bool Boolean(string key, bool fallback) => !TryGet(key, out JsonElement value)
        ? fallback
        : value.ValueKind is JsonValueKind.True or JsonValueKind.False ? value.GetBoolean() : throw Fault(key, "true or false", Describe(value));

    /// <summary>A required object.</summary>
    internal ConfigurationObject Object(string key) =>
        TryGet(key, out JsonElement value) ? new ConfigurationObject(value, Join(key)) : throw Fault(key, "an object", "nothing");

    /// <summary>An object of texts; empty when the key is absent.</summary>
    internal IReadOnlyDictionary<string, string> TextMap(string key)
    {
        Dictionary<string, string> pairs = [];
        if (!TryGet(key, out JsonElement value))
        {
            return pairs;
        }

        ConfigurationObject map = new(value, Join(key));
        foreach (JsonProperty property in value.EnumerateObject())
        {
            pairs.Add(property.Name, map.Text(property.Name));
        }

        return pairs;
    }

    /// <summary>Refuses keys that nobody asked for.</summary>
    internal void RefuseUnknownKeys()
    {
        foreach (JsonProperty property in _element.EnumerateObject())
        {
            if (!_known.Contains(property.Name))
            {
                throw Fault(property.Name, "one of " + string.Join(", ", _known), "an unknown key");
            }
        }
    }

    /// <summary>An exception that names a key of this object.</summary>
    internal ConfigurationException Fault(string key, string expected, string found) =>
        new($"{Join(key)}: expected {expected}, found {found}");

    private static string Describe(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => $"the text '{value.GetString()}'",
        JsonValueKind.Null => "null",
        _ => value.GetRawText() is { Length: <= 60 } text ? text : $"a JSON {value.ValueKind}",
    };

    private bool TryGet(string key, out JsonElement value)
    {
        _known.Add(key);
        return _element.TryGetProperty(key, out value);
    }

    private string Join(string key) => _path.Length == 0 ? key : $"{_path}.{key}";
}
