using System.Text.RegularExpressions;

namespace MicroVm.Architecture.Tests;

public sealed partial class DocumentTests
{
    /// <summary>A page that says which test shows something is worth nothing once the test has another name.</summary>
    [Fact]
    public void NamedTests_Exist()
    {
        HashSet<string> methods = [.. SourceTree.Files
            .Where(static file => file.Path.StartsWith("tests/", StringComparison.Ordinal))
            .SelectMany(static file => file.Lines)
            .SelectMany(static line => TestMethod().Matches(line))
            .Select(static match => match.Groups[1].Value)];

        Violations.AssertNone(
            from page in SourceTree.TextFiles
            where page.Name.EndsWith(".md", StringComparison.Ordinal)
            from line in page.Lines
            from Match name in NamedTest().Matches(line)
            where !methods.Contains(name.Groups[1].Value)
            select $"{page.Path}: there is no test {name.Groups[1].Value}");
    }

    [GeneratedRegex(@"public (?:async )?(?:void|Task) (\w+)\(")]
    private static partial Regex TestMethod();

    /// <summary>Subject, condition and outcome, in capitals each, between backticks.</summary>
    [GeneratedRegex(@"`([A-Z][A-Za-z0-9]*_[A-Z0-9][A-Za-z0-9]*_[A-Z][A-Za-z0-9_]*)`")]
    private static partial Regex NamedTest();
}
