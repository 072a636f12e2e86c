namespace MicroVm.Architecture.Tests;

/// <summary>A text file of the repository.</summary>
/// <param name="Path">Path from the repository's root, with slashes.</param>
/// <param name="Lines">Its lines.</param>
public sealed record SourceFile(string Path, string[] Lines)
{
    private readonly Lazy<string[]> _code = new(() => CodeText.Of(Lines));

    /// <summary>Lines without comments, strings emptied: what the compiler acts on. Line numbers stay.</summary>
    public IReadOnlyList<string> Code => _code.Value;

    public string Name => Path[(Path.LastIndexOf('/') + 1)..];

    public string Folder => Path[..Math.Max(0, Path.LastIndexOf('/'))];

    public bool IsIn(string folder) => $"/{Folder}/".Contains($"/{folder}/", StringComparison.Ordinal);

    public override string ToString() => Path;
}
