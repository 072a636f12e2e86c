using System.Collections.Immutable;
using MicroVm.ControlPlane.Abstractions.Deployments;

namespace MicroVm.ControlPlane.Tests.Deployments;

public sealed class SelectorTextTests
{
    private static readonly Dictionary<string, string> s_labels = new() { ["site"] = "berlin", ["ring"] = "1", ["empty"] = "" };

    [Theory]
    [InlineData("site=berlin", true)]
    [InlineData("site==berlin", true)]
    [InlineData("site=paris", false)]
    [InlineData("site!=paris", true)]
    [InlineData("site!=berlin", false)]
    [InlineData("gone!=anything", true)]
    [InlineData("gone=anything", false)]
    [InlineData("site in (paris, berlin)", true)]
    [InlineData("site in (paris)", false)]
    [InlineData("site notin (paris,rome)", true)]
    [InlineData("site notin (berlin)", false)]
    [InlineData("gone notin (a)", true)]
    [InlineData("site", true)]
    [InlineData("gone", false)]
    [InlineData("!gone", true)]
    [InlineData("!site", false)]
    [InlineData("empty=", true)]
    [InlineData("site=", false)]
    [InlineData("  site = berlin , ! gone , ring in ( 1 )  ", true)]
    [InlineData("site=berlin,ring=2", false)]
    [InlineData("in=x", false)]
    public void Selector_AgainstLabels_Matches(string text, bool expected)
    {
        Assert.True(SelectorText.TryParse(text, out ImmutableArray<LabelRequirement> requirements, out string problem), problem);

        Assert.Equal(expected, requirements.All(requirement => requirement.Matches(s_labels)));
    }

    [Theory]
    [InlineData("", "the end at character 1")]
    [InlineData("site=berlin,", "the end at character 13")]
    [InlineData("site berlin", "'berlin' at character 6")]
    [InlineData("site in berlin", "'berlin' at character 9")]
    [InlineData("site in (a", "the end at character 11")]
    [InlineData("site in ()", "')' at character 10")]
    [InlineData("site!", "the end at character 6")]
    [InlineData("!site=a", "'=a' at character 6")]
    [InlineData("si te=a", "'te=a' at character 4")]
    [InlineData("site=a;drop", "';drop' at character 7")]
    [InlineData("a=b\nc", "'\uFFFDc' at character 4")]
    public void Selector_Malformed_SaysWhere(string text, string found)
    {
        bool parsed = SelectorText.TryParse(text, out ImmutableArray<LabelRequirement> requirements, out string problem);

        Assert.Equal((false, found), (parsed, problem));
        Assert.Empty(requirements);
    }

    [Theory]
    [InlineData("a=b, c!=d, e in (f,g), h notin (i,j), k, !l, m=")]
    public void Selector_Written_ReadsAsTheSame(string text)
    {
        Assert.True(SelectorText.TryParse(text, out ImmutableArray<LabelRequirement> first, out _));
        string written = string.Join(", ", first);
        Assert.True(SelectorText.TryParse(written, out ImmutableArray<LabelRequirement> second, out _));

        Assert.Equal(text, written);
        Assert.Equal(first, second);
    }

    [Fact]
    public void Selector_OverItsLimits_IsRefused()
    {
        Assert.False(SelectorText.TryParse(string.Join(',', Enumerable.Range(0, 33).Select(i => $"a{i}")), out _, out string conditions));
        Assert.False(SelectorText.TryParse($"a in ({string.Join(',', Enumerable.Range(0, 257))})", out _, out string values));
        Assert.False(SelectorText.TryParse(new string('a', 64), out _, out string name));

        Assert.Equal(("33 conditions, more than 32", "more than 256 values of 'a'"), (conditions, values));
        Assert.StartsWith("a label name that is too long", name);
    }
}
