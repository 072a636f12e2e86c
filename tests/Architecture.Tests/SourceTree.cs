using System.Runtime.CompilerServices;

namespace MicroVm.Architecture.Tests;

/// <summary>The repository that these tests were built from.</summary>
internal static class SourceTree
{
    /// <summary>Absolute path of the repository.</summary>
    public static string Root { get; } = FindRoot();

    private static readonly string[] s_folders = ["src", "tests", "deploy", ".ci"];
    private static readonly string[] s_textPatterns = ["*.cs", "*.csproj", "*.props", "*.sh", "*.md", "*.json", "*.yaml", "*.yml", "run"];

    private static readonly Lazy<IReadOnlyList<SourceFile>> s_files = new(static () =>
        [.. Paths("*.cs").Where(static path => path.StartsWith("src/", StringComparison.Ordinal) || path.StartsWith("tests/", StringComparison.Ordinal)).Select(Read)]);

    private static readonly Lazy<IReadOnlyList<ProjectFile>> s_projects = new(static () =>
        [.. Paths("*.csproj").Select(static path => ProjectFile.Load(Root, path))]);

    /// <summary>Every C# file under <c>src</c> and <c>tests</c>, generated ones left out.</summary>
    public static IReadOnlyList<SourceFile> Files => s_files.Value;

    /// <summary>Everything that people write: code, scripts, projects, pages.</summary>
    public static IEnumerable<SourceFile> TextFiles => s_textPatterns.SelectMany(Paths)
        .Concat(Directory.EnumerateFiles(Root, "*.md").Select(static path => Path.GetFileName(path)!)).Select(Read);

    /// <summary>C# files of the product.</summary>
    public static IEnumerable<SourceFile> Product => Files.Where(static file => file.Path.StartsWith("src/", StringComparison.Ordinal));

    public static IReadOnlyList<ProjectFile> Projects => s_projects.Value;

    /// <summary>The project that a file belongs to: the nearest one upwards.</summary>
    public static ProjectFile ProjectOf(SourceFile file) =>
        Projects.Where(project => $"{file.Folder}/".StartsWith($"{project.Folder}/", StringComparison.Ordinal)).MaxBy(static project => project.Folder.Length)!;

    private static SourceFile Read(string path) => new(path, File.ReadAllLines(Path.Combine(Root, path)));

    private static IEnumerable<string> Paths(string pattern) =>
        s_folders.Where(static folder => Directory.Exists(Path.Combine(Root, folder)))
            .SelectMany(folder => Directory.EnumerateFiles(Path.Combine(Root, folder), pattern, SearchOption.AllDirectories))
            .Select(static path => Path.GetRelativePath(Root, path).Replace('\\', '/'))
            .Where(static path => !path.Split('/').Any(static part => part is "bin" or "obj" or "artifacts"))
            .Order(StringComparer.Ordinal);

    private static string FindRoot([CallerFilePath] string file = "")
    {
        string?[] starts = [Path.GetDirectoryName(file), AppContext.BaseDirectory, Directory.GetCurrentDirectory()];
        foreach (string? start in starts)
        {
            for (DirectoryInfo? at = start is null ? null : new DirectoryInfo(start); at is not null; at = at.Parent)
            {
                if (File.Exists(Path.Combine(at.FullName, "MicroVm.sln")))
                {
                    return at.FullName;
                }
            }
        }

        throw new InvalidOperationException($"no folder with MicroVm.sln above {string.Join(", ", starts)}");
    }
}
