using MicroVm.Shared.Codecs;

namespace MicroVm.Shared.Tests.Codecs;

public sealed class ShortTextTests
{
    [Theory]
    [InlineData("abc", 3, "abc")]
    [InlineData("abcd", 3, "abc…")]
    [InlineData("ab😀", 4, "ab😀")]
    [InlineData("ab😀d", 4, "ab😀…")]
    [InlineData("ab😀", 3, "ab…")]
    public void Of_AnyText_IsItsBeginningInWholeCharacters(string text, int most, string expected) =>
        Assert.Equal(expected, ShortText.Of(text, most, "…"));
}
