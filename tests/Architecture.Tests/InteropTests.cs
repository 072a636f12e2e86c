using System.Text.RegularExpressions;

namespace MicroVm.Architecture.Tests;

public sealed partial class InteropTests
{
    private const int LinesAbove = 3;

    [Fact]
    public void NativeImports_AreInInteropFoldersOnly() => Violations.AssertNone(Violations.In(
        SourceTree.Product.Where(static file => !file.IsIn("Interop")), @"\b(LibraryImport|DllImport)\b"));

    /// <summary>The compiler checks nothing inside an unsafe block, so the reason why it is right stands above it.</summary>
    [Fact]
    public void UnsafeBlocks_SayWhyTheyAreSafe() => Violations.AssertNone(
        from file in SourceTree.Files
        from index in Enumerable.Range(0, file.Lines.Length)
        where UnsafeBlock().IsMatch(file.Code[index]) && !IsExplained(file, index)
        select $"{file.Path}:{index + 1}: expected a comment with SAFETY within {LinesAbove} lines above");

    /// <summary>A type or method that is unsafe as a whole has no block to stand above: then its file says it at the place.</summary>
    [Fact]
    public void UnsafeCodeOutsideInterop_SaysWhyItIsSafe() => Violations.AssertNone(
        from file in SourceTree.Product
        where !file.IsIn("Interop") && file.Code.Any(static line => UnsafeWord().IsMatch(line))
        where !file.Lines.Any(static line => line.Contains("SAFETY", StringComparison.Ordinal))
        select $"{file.Path}: expected a comment with SAFETY");

    private static bool IsExplained(SourceFile file, int index) => file.Lines[Math.Max(0, index - LinesAbove)..(index + 1)]
        .Any(static line => line.Contains("SAFETY", StringComparison.Ordinal));

    [GeneratedRegex(@"(^|[^a-zA-Z])unsafe *($|\{)")]
    private static partial Regex UnsafeBlock();

    [GeneratedRegex(@"\bunsafe\b")]
    private static partial Regex UnsafeWord();
}
