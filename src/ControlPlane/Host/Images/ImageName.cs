using System.Text.RegularExpressions;

namespace MicroVm.ControlPlane.Host.Images;

/// <summary>
/// What an operator calls an image: a repository and a tag, such as <c>hello:1</c>. The characters are those of the OCI
/// distribution specification; a tag that is left out is <c>latest</c>.
/// </summary>
internal sealed partial record ImageName
{
    private const int MaxLength = 255;
    private const string DefaultTag = "latest";

    private ImageName(string repository, string tag)
    {
        Repository = repository;
        Tag = tag;
    }

    /// <summary>What the image is.</summary>
    public string Repository { get; }

    /// <summary>Which one of them.</summary>
    public string Tag { get; }

    /// <summary>What a name should look like, for errors.</summary>
    public static string Expected => $"NAME or NAME:TAG of at most {MaxLength} characters, NAME of [a-z0-9._/-]";

    /// <summary>Parses a name.</summary>
    public static bool TryParse(string? text, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out ImageName? name)
    {
        Match match = text is { Length: <= MaxLength } ? Pattern().Match(text) : Match.Empty;
        name = match.Success
            ? new ImageName(match.Groups["name"].Value, match.Groups["tag"] is { Success: true } tag ? tag.Value : DefaultTag)
            : null;
        return name is not null;
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Repository}:{Tag}";

    [GeneratedRegex(@"\A(?<name>[a-z0-9]+(?:(?:[._/]|__|-+)[a-z0-9]+)*)(?::(?<tag>[A-Za-z0-9_][A-Za-z0-9._-]{0,127}))?\z", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex Pattern();
}
