using System.Text;

namespace MicroVm.ControlPlane.Host.Images.Archive;

/// <summary>
/// File names are bytes, not text, and have to come out as they went in. They are carried as strings with one character
/// per byte (Latin-1), so that ordinal comparison is byte comparison; only error lines decode them as UTF-8.
/// </summary>
internal static class RawText
{
    private const int ShownCharacters = 200;

    /// <summary>Bytes as raw text.</summary>
    public static string Of(ReadOnlySpan<byte> bytes) => Encoding.Latin1.GetString(bytes);

    /// <summary>Raw text as bytes.</summary>
    public static byte[] Bytes(string raw) => Encoding.Latin1.GetBytes(raw);

    /// <summary>Raw text for an error line: decoded, quoted, control characters replaced, cut.</summary>
    public static string Show(string raw)
    {
        string text = Encoding.UTF8.GetString(Bytes(raw.Length > ShownCharacters ? raw[..ShownCharacters] : raw));
        string safe = string.Concat(text.Select(static c => char.IsControl(c) ? '\uFFFD' : c));
        return raw.Length > ShownCharacters ? $"'{safe}…'" : $"'{safe}'";
    }
}
