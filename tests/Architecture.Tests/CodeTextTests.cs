namespace MicroVm.Architecture.Tests;

public sealed class CodeTextTests
{
    [Theory]
    [InlineData("int a; // File.Delete", "int a;  ")]
    [InlineData("int a; /* File */ int b;", "int a;   int b;")]
    [InlineData("s = \"File \\\" // x\"; t", "s = \"\"; t")]
    [InlineData("s = @\"C:\\\"; t", "s = @\"\"; t")]
    [InlineData("s = @\"a\"\"b\"; t", "s = @\"\"; t")]
    [InlineData("s = \"\"\"a \" b\"\"\"; t", "s = \"\"; t")]
    [InlineData("c = '\"'; d = '\\''; t", "c = \"\"; d = \"\"; t")]
    public void Line_WithoutCommentsAndLiterals_IsCode(string line, string expected) =>
        Assert.Equal(expected.TrimEnd(), CodeText.Of([line]).Single().TrimEnd());

    [Fact]
    public void Lines_KeepTheirNumbers() => Assert.Equal(
        ["a", "", "b \"\"", "", "c"],
        CodeText.Of(["a/*", "*/", "b \"\"\"", "x\"\"\"", "c"]).Select(static line => line.TrimEnd()));
}
