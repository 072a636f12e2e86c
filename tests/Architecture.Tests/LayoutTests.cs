using System.Text.RegularExpressions;

namespace MicroVm.Architecture.Tests;

public sealed partial class LayoutTests
{
    private const int MaxLines = 500, MaxProgramLines = 60, MaxMedianLines = 120;

    [Fact]
    public void Namespace_IsThePath() => Violations.AssertNone(
        from file in SourceTree.Files
        let expected = ExpectedNamespace(file)
        let found = file.Code.Select(static line => NamespaceLine().Match(line)).FirstOrDefault(static match => match.Success)?.Groups[1].Value
        where found is null ? TypesIn(file).Any() : found != expected
        select $"{file.Path}: expected namespace {expected}, found {found ?? "none"}");

    [Fact]
    public void File_HasOneTopLevelType() => Violations.AssertNone(
        from file in SourceTree.Files
        let types = TypesIn(file).Distinct().ToArray()
        where types.Length > 1
        select $"{file.Path}: {string.Join(", ", types)}");

    /// <summary>Partials are <c>Type.Aspect.cs</c>.</summary>
    [Fact]
    public void File_IsNamedAfterItsType() => Violations.AssertNone(
        from file in SourceTree.Files
        let type = TypesIn(file).FirstOrDefault()
        where type is not null && file.Name.Split('.')[0] != type
        select $"{file.Path}: {type}");

    [Fact]
    public void File_IsNotTooLong() => Violations.AssertNone(
        from file in SourceTree.Files
        let limit = file.Name == "Program.cs" ? MaxProgramLines : MaxLines
        where file.Lines.Length > limit
        select $"{file.Path}: {file.Lines.Length} lines, at most {limit}");

    [Fact]
    public void Files_AreShortInTheMedian()
    {
        int[] lengths = [.. SourceTree.Product.Select(static file => file.Lines.Length).Order()];

        Assert.InRange(lengths[lengths.Length / 2], 1, MaxMedianLines);
    }

    [Fact]
    public void Types_HaveTellingNames() => Violations.AssertNone(
        from file in SourceTree.Files
        from type in TypesIn(file)
        where VagueName().IsMatch(type)
        select $"{file.Path}: {type}");

    /// <summary>Nothing of the machine that it was written on: home directories, drive letters, where the repository lies.</summary>
    [Fact]
    public void Files_NameNoMachinePath() => Violations.AssertNone(
        from file in SourceTree.TextFiles
        where file.Name != $"{nameof(LayoutTests)}.cs"
        from index in Enumerable.Range(0, file.Lines.Length)
        let found = MachinePath().Match(file.Lines[index])
        where found.Success || file.Lines[index].Contains(SourceTree.Root + "/", StringComparison.Ordinal)
        select $"{file.Path}:{index + 1}: {(found.Success ? found.Value : SourceTree.Root)}");

    [Fact]
    public void Code_IsFinished() => Violations.AssertNone(Violations.In(SourceTree.Files, @"\bNotImplementedException\b").Concat(
        from file in SourceTree.Files
        where file.Name != $"{nameof(LayoutTests)}.cs"
        from index in Enumerable.Range(0, file.Lines.Length)
        where Unfinished().IsMatch(file.Lines[index])
        select $"{file.Path}:{index + 1}: {file.Lines[index].Trim()}"));

    [Fact]
    public void Tests_DoNotSleep() => Violations.AssertNone(Violations.In(
        SourceTree.Files.Where(static file => SourceTree.ProjectOf(file).Name.EndsWith("Tests", StringComparison.Ordinal)), @"\bThread\.Sleep\b"));

    private static string ExpectedNamespace(SourceFile file)
    {
        ProjectFile project = SourceTree.ProjectOf(file);
        string below = file.Folder[project.Folder.Length..].Replace('/', '.');
        return project.RootNamespace + below;
    }

    private static IEnumerable<string> TypesIn(SourceFile file) =>
        file.Code.Select(static line => TopLevelType().Match(line)).Where(static match => match.Success).Select(static match => match.Groups["name"].Value);

    [GeneratedRegex(@"^namespace ([\w.]+)")]
    private static partial Regex NamespaceLine();

    [GeneratedRegex(@"^((public|internal|file|static|sealed|abstract|readonly|partial|ref|unsafe) )*(class|struct|interface|enum|record struct|record class|record|delegate [\w<>,.?\[\] ]+?) (?<name>\w+)")]
    private static partial Regex TopLevelType();

    [GeneratedRegex("(Helper|Helpers|Util|Utils|Utilities|Common|Misc|Manager)$")]
    private static partial Regex VagueName();

    // /home/app is a path inside guests.
    [GeneratedRegex(@"/home/(?!app\b)\w|/Users/\w|/work/\w|\b[A-Z]:\\\w")]
    private static partial Regex MachinePath();

    [GeneratedRegex(@"\b(TODO|FIXME|XXX|HACK)\b")]
    private static partial Regex Unfinished();
}
