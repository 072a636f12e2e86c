namespace MicroVm.ControlPlane.Tests.Images;

/// <summary>An extracted root file system.</summary>
internal sealed class ExtractedRoot
{
    private readonly string _directory;

    public ExtractedRoot(string directory, string listing)
    {
        _directory = directory;
        Files = listing.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(Parse).ToDictionary(static file => file.Path);
    }

    public IReadOnlyDictionary<string, ExtractedFile> Files { get; }

    /// <summary>All paths in the order of their bytes, separated by spaces.</summary>
    public string Paths => string.Join(' ', Files.Keys.Order(StringComparer.Ordinal));

    public string Read(string path) => File.ReadAllText(Path.Combine(_directory, path));

    private static ExtractedFile Parse(string line)
    {
        string[] parts = line.Split('|');
        return new ExtractedFile(parts[0], parts[1], parts[2], parts[3], int.Parse(parts[4]), parts[5], long.Parse(parts[6]), parts[7]);
    }
}
