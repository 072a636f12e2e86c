using System.Diagnostics.CodeAnalysis;

namespace MicroVm.Shared.Identity;

/// <summary>
/// Version of a release: <c>MAJOR.MINOR.PATCH</c>, then <c>-PRERELEASE</c> and <c>+BUILD</c> where they are there, ordered as
/// Semantic Versioning 2.0.0 section 11 says. Two that differ in their build alone are neither older nor newer.
/// </summary>
public readonly record struct ReleaseVersion
{
    /// <summary>Longest text.</summary>
    public const int MaxLength = 64;

    private const int Numbers = 3;

    private readonly string? _value;

    private ReleaseVersion(string value) => _value = value;

    /// <summary>The text; empty for <c>default</c>.</summary>
    public string Value => _value ?? "";

    /// <summary>Parses a version; false when the text is none.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, out ReleaseVersion version)
    {
        bool valid = text is { Length: > 0 and <= MaxLength } && IsVersion(text);
        version = valid ? new ReleaseVersion(text!) : default;
        return valid;
    }

    /// <summary>Parses a version.</summary>
    /// <exception cref="FormatException">The text is no version.</exception>
    public static ReleaseVersion Parse(string? text) => TryParse(text, out ReleaseVersion version)
        ? version
        : throw new FormatException(
            $"version: expected MAJOR.MINOR.PATCH, and -PRERELEASE or +BUILD, of at most {MaxLength} characters, found {IdentityCharacters.Quote(text)}");

    /// <summary>Negative when this one is older, positive when it is newer.</summary>
    public int CompareTo(ReleaseVersion other)
    {
        (string before, string after) = (Prerelease(), other.Prerelease());
        return (before.Length, after.Length) switch
        {
            _ when CompareLists(Core(), other.Core()) is not 0 and int order => order,
            (0, 0) => 0,
            (0, _) => 1,
            (_, 0) => -1,
            _ => CompareLists(before.Split('.'), after.Split('.')),
        };
    }

    /// <inheritdoc/>
    public override string ToString() => Value;

    private static bool IsVersion(string text)
    {
        (string rest, string? build) = Cut(text, '+');
        (string core, string? prerelease) = Cut(rest, '-');
        string[] numbers = core.Split('.');
        return numbers.Length == Numbers && numbers.All(IsNumber)
            && (prerelease is null || prerelease.Split('.').All(static part => IsIdentifier(part) && (!IsDigits(part) || IsNumber(part))))
            && (build is null || build.Split('.').All(IsIdentifier));
    }

    private static (string Head, string? Tail) Cut(string text, char at) =>
        text.IndexOf(at, StringComparison.Ordinal) is >= 0 and int i ? (text[..i], text[(i + 1)..]) : (text, null);

    private static bool IsNumber(string part) => IsDigits(part) && (part.Length == 1 || part[0] != '0');

    private static bool IsDigits(string part) => part.Length > 0 && part.All(char.IsAsciiDigit);

    private static bool IsIdentifier(string part) => part.Length > 0 && part.All(static c => char.IsAsciiLetterOrDigit(c) || c == '-');

    private static int CompareLists(string[] before, string[] after)
    {
        for (int i = 0; i < Math.Min(before.Length, after.Length); i++)
        {
            if (CompareParts(before[i], after[i]) is not 0 and int order)
            {
                return order;
            }
        }

        return before.Length.CompareTo(after.Length);
    }

    /// <summary>Numbers by their value and before words; words by their bytes.</summary>
    private static int CompareParts(string before, string after) => (IsDigits(before), IsDigits(after)) switch
    {
        (true, true) when before.Length != after.Length => before.Length.CompareTo(after.Length), // no leading zeros
        (true, false) => -1,
        (false, true) => 1,
        _ => Math.Sign(string.CompareOrdinal(before, after)),
    };

    private string[] Core() => Cut(Cut(Value, '+').Head, '-').Head.Split('.');

    private string Prerelease() => Cut(Cut(Value, '+').Head, '-').Tail ?? "";
}
