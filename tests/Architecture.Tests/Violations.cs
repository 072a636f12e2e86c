using System.Text.RegularExpressions;

namespace MicroVm.Architecture.Tests;

/// <summary>Finds and lists breaches of a rule.</summary>
internal static class Violations
{
    /// <summary>Places in code, comments and literals left out, that match a pattern.</summary>
    public static IEnumerable<string> In(IEnumerable<SourceFile> files, string pattern)
    {
        Regex regex = new(pattern, RegexOptions.CultureInvariant);
        return files.SelectMany(file => file.Code
            .Select((line, index) => (Line: line, Number: index + 1))
            .Where(at => regex.IsMatch(at.Line))
            .Select(at => $"{file.Path}:{at.Number}: {regex.Match(at.Line).Value}"));
    }

    /// <summary>Fails with all breaches, one on each line.</summary>
    public static void AssertNone(IEnumerable<string> found)
    {
        string[] all = [.. found];
        Assert.True(all.Length == 0, $"{all.Length} found:\n{string.Join('\n', all)}");
    }
}
