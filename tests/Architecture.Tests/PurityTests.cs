namespace MicroVm.Architecture.Tests;

/// <summary>Decisions and plans are functions of their arguments, so that a table of cases says all about them.</summary>
public sealed class PurityTests
{
    private const string Clock = @"\bDateTime(Offset)?\.(Utc)?Now\b|\bTimeProvider\b|\bStopwatch\b|\bEnvironment\.TickCount";
    private const string Chance = @"\bRandom\b|\bGuid\.(NewGuid|CreateVersion7)\b|\bRandomNumberGenerator\b";
    private const string Io =
        @"\b(File|Directory|FileInfo|DirectoryInfo|FileStream|RandomAccess|Socket|HttpClient|Console|Thread|Task|SqliteConnection|ILogger)\b" +
        @"|\bProcessStartInfo\b|\bProcess\.(Start|Get)|(?<!\.)\bEnvironment\.";

    private const string Asynchrony = @"\b(async|await)\b";

    private static IEnumerable<SourceFile> Pure => SourceTree.Product.Where(static file =>
        file.IsIn("Planning") || file.Name.EndsWith("Decisions.cs", StringComparison.Ordinal));

    [Fact]
    public void PureFiles_Exist() => Assert.Contains(Pure, static file => file.Path.StartsWith("src/EdgeAgent/Planning/", StringComparison.Ordinal));

    [Theory]
    [InlineData(Clock)]
    [InlineData(Chance)]
    [InlineData(Io)]
    [InlineData(Asynchrony)]
    public void PureFiles_TouchNothingOutside(string pattern) => Violations.AssertNone(Violations.In(Pure, pattern));
}
