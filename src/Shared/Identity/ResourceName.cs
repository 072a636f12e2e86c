using System.Diagnostics.CodeAnalysis;

namespace MicroVm.Shared.Identity;

/// <summary>
/// The name of a deployment or a VM: 1 to 63 characters of <c>[a-z0-9-]</c>, beginning and ending with a letter or digit
/// (a DNS label, RFC 1123 section 2.1). Names become file and host names, so nothing else may pass.
/// </summary>
public readonly record struct ResourceName
{
    /// <summary>Longest name in characters.</summary>
    public const int MaxLength = 63;

    private readonly string? _value;

    private ResourceName(string value) => _value = value;

    /// <summary>The name's text; empty for <c>default</c>.</summary>
    public string Value => _value ?? "";

    /// <summary>Parses a name; false when the text is not a DNS label in lower case.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, out ResourceName name)
    {
        bool valid = text is { Length: > 0 and <= MaxLength }
            && text[0] != '-' && text[^1] != '-'
            && IdentityCharacters.AreValid(text);
        name = valid ? new ResourceName(text!) : default;
        return valid;
    }

    /// <summary>Parses a name.</summary>
    /// <exception cref="FormatException">The text is not a resource name.</exception>
    public static ResourceName Parse(string? text) =>
        TryParse(text, out ResourceName name)
            ? name
            : throw new FormatException(
                $"name: expected 1 to {MaxLength} characters of [a-z0-9-] that begin and end with a letter or digit, found {IdentityCharacters.Quote(text)}");

    /// <inheritdoc/>
    public override string ToString() => Value;
}
