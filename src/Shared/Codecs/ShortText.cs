namespace MicroVm.Shared.Codecs;

/// <summary>Bounds texts that others may make long.</summary>
public static class ShortText
{
    /// <summary>A text's beginning. A character outside Unicode's first plane is two in .NET and stays whole or goes: no codec writes half of one.</summary>
    /// <param name="text">The text.</param>
    /// <param name="most">Most characters of it.</param>
    /// <param name="end">Comes behind what is cut.</param>
    public static string Of(string text, int most, string end = "") => text.Length <= most ? text
        : string.Concat(text.AsSpan(0, most > 0 && char.IsHighSurrogate(text[most - 1]) ? most - 1 : most), end);
}
