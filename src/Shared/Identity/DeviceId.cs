using System.Diagnostics.CodeAnalysis;

namespace MicroVm.Shared.Identity;

/// <summary>
/// The name of a device: 1 to 64 characters of <c>[a-z0-9-]</c>. The same text is the MQTT client id and a topic level,
/// so nothing else may ever pass.
/// </summary>
public readonly record struct DeviceId
{
    /// <summary>Longest id in characters.</summary>
    public const int MaxLength = 64;

    private readonly string? _value;

    private DeviceId(string value) => _value = value;

    /// <summary>The id's text; empty for <c>default</c>.</summary>
    public string Value => _value ?? "";

    /// <summary>Parses an id; false when the text is empty, too long or has another character.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, out DeviceId id)
    {
        bool valid = text is { Length: > 0 and <= MaxLength } && IdentityCharacters.AreValid(text);
        id = valid ? new DeviceId(text!) : default;
        return valid;
    }

    /// <summary>Parses an id.</summary>
    /// <exception cref="FormatException">The text is not a device id.</exception>
    public static DeviceId Parse(string? text) =>
        TryParse(text, out DeviceId id)
            ? id
            : throw new FormatException($"device id: expected 1 to {MaxLength} characters of [a-z0-9-], found {IdentityCharacters.Quote(text)}");

    /// <inheritdoc/>
    public override string ToString() => Value;
}
