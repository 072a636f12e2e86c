using System.Text;

namespace MicroVm.Architecture.Tests;

/// <summary>
/// Takes comments and the insides of literals out of C# text. A scan, not a parser: it knows line and block comments,
/// ordinary, verbatim and raw strings, and characters.
/// </summary>
internal static class CodeText
{
    public static string[] Of(string[] lines)
    {
        string text = string.Join('\n', lines);
        StringBuilder code = new(text.Length);
        int at = 0;
        while (at < text.Length)
        {
            int end = EndOfSkipped(text, at);
            if (end == at)
            {
                code.Append(text[at++]);
                continue;
            }

            // Line ends stay, so that line numbers do.
            code.Append(text[at] is '"' or '\'' ? "\"\"" : " ").Append('\n', text.AsSpan(at, end - at).Count('\n'));
            at = end;
        }

        return code.ToString().Split('\n');
    }

    private static int EndOfSkipped(string text, int at)
    {
        ReadOnlySpan<char> rest = text.AsSpan(at);
        if (rest.StartsWith("//"))
        {
            return EndBehind(text, at, "\n", 0);
        }

        if (rest.StartsWith("/*"))
        {
            return EndBehind(text, at + 2, "*/", 2);
        }

        if (rest.StartsWith("\"\"\""))
        {
            int quotes = rest.IndexOfAnyExcept('"') is > 0 and int count ? count : rest.Length;
            return EndBehind(text, at + quotes, new string('"', quotes), quotes);
        }

        return rest[0] switch
        {
            '"' when at > 0 && (text[at - 1] == '@' || (at > 1 && text[at - 1] == '$' && text[at - 2] == '@')) => EndOfVerbatim(text, at + 1),
            '"' => EndOfOrdinary(text, at + 1, '"'),
            '\'' => EndOfOrdinary(text, at + 1, '\''),
            _ => at,
        };
    }

    private static int EndBehind(string text, int from, string mark, int length)
    {
        int found = text.IndexOf(mark, Math.Min(from, text.Length), StringComparison.Ordinal);
        return found < 0 ? text.Length : found + length;
    }

    private static int EndOfOrdinary(string text, int at, char quote)
    {
        while (at < text.Length && text[at] != quote && text[at] != '\n')
        {
            at += text[at] == '\\' ? 2 : 1;
        }

        return Math.Min(at + 1, text.Length);
    }

    private static int EndOfVerbatim(string text, int at)
    {
        while (at < text.Length && (text[at] != '"' || (at + 1 < text.Length && text[at + 1] == '"')))
        {
            at += text[at] == '"' ? 2 : 1;
        }

        return Math.Min(at + 1, text.Length);
    }
}
