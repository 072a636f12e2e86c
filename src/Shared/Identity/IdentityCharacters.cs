using System.Buffers;
using MicroVm.Shared.Codecs;

namespace MicroVm.Shared.Identity;

/// <summary>The character set that all names in the system share.</summary>
internal static class IdentityCharacters
{
    private const int QuotedCharacters = 80;

    private static readonly SearchValues<char> s_valid = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789-");

    /// <summary>True when every character is in <c>[a-z0-9-]</c>.</summary>
    internal static bool AreValid(ReadOnlySpan<char> text) =>
        !text.ContainsAnyExcept(s_valid);

    /// <summary>Untrusted text for an error line: quoted, control characters replaced, cut.</summary>
    internal static string Quote(string? text)
    {
        if (text is null)
        {
            return "nothing";
        }

        return "'" + string.Concat(ShortText.Of(text, QuotedCharacters, "…").Select(c => char.IsControl(c) ? '\uFFFD' : c)) + "'";
    }
}
