using System.Text.Json;

namespace MicroVm.ControlPlane.Host.Api.Apply;

/// <summary>What changes between two specs, for people.</summary>
internal static class SpecChanges
{
    private const int MaxShown = 100, MaxValueCharacters = 120;

    /// <summary>One line for each field that differs; nothing when there was no spec before.</summary>
    internal static IReadOnlyList<string> Between(string? before, string after)
    {
        if (before is null)
        {
            return [];
        }

        using JsonDocument old = JsonDocument.Parse(before), renewed = JsonDocument.Parse(after);
        return [.. Compare("", old.RootElement, renewed.RootElement).Take(MaxShown)];
    }

    private static IEnumerable<string> Compare(string path, JsonElement? before, JsonElement? after)
    {
        if (before is { ValueKind: JsonValueKind.Object } or null && after is { ValueKind: JsonValueKind.Object } or null)
        {
            IEnumerable<string> names = Names(before).Union(Names(after));
            return names.SelectMany(name => Compare(path.Length == 0 ? name : $"{path}.{name}", Get(before, name), Get(after, name)));
        }

        if (before is { ValueKind: JsonValueKind.Array } old && after is { ValueKind: JsonValueKind.Array } renewed)
        {
            return Enumerable.Range(0, Math.Max(old.GetArrayLength(), renewed.GetArrayLength()))
                .SelectMany(index => Compare($"{path}[{index}]", Get(old, index), Get(renewed, index)));
        }

        return before is JsonElement b && after is JsonElement a && JsonElement.DeepEquals(b, a) ? [] : [$"{path}: {Show(before)} -> {Show(after)}"];
    }

    private static IEnumerable<string> Names(JsonElement? element) => element is JsonElement map ? map.EnumerateObject().Select(field => field.Name) : [];

    private static JsonElement? Get(JsonElement? element, string name) =>
        element is JsonElement map && map.TryGetProperty(name, out JsonElement value) ? value : null;

    private static JsonElement? Get(JsonElement list, int index) => index < list.GetArrayLength() ? list[index] : null;

    private static string Show(JsonElement? value)
    {
        string text = value is JsonElement shown ? shown.GetRawText() : "nothing";
        return text.Length > MaxValueCharacters ? text[..MaxValueCharacters] + "…" : text;
    }
}
