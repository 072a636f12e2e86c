using MicroVm.Shared.Codecs.Cbor;

namespace MicroVm.Shared.Contracts.Desired;

/// <summary>A path where something is put into a guest.</summary>
public static class GuestPath
{
    /// <summary>What such a path has to be, for errors.</summary>
    public const string Rule = "an absolute path other than /, of at most 255 characters, without '.', '..', empty parts, ',' or control characters";

    private const int MaxCharacters = 255;

    /// <summary>True when something may be mounted or written there.</summary>
    public static bool IsValid(string? path) =>
        path is { Length: > 1 and <= MaxCharacters } && path[0] == '/'
        && !path.Any(static c => char.IsControl(c) || c == ',')
        && path[1..].Split('/').All(static part => part is not ("" or "." or ".."));

    internal static string Read(WireReader reader)
    {
        string path = reader.ReadText();
        return IsValid(path) ? path : throw reader.Fault(Rule, $"'{path}'");
    }
}
