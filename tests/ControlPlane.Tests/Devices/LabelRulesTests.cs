using MicroVm.ControlPlane.Abstractions.Devices;

namespace MicroVm.ControlPlane.Tests.Devices;

public sealed class LabelRulesTests
{
    [Theory]
    [InlineData("ring", "canary", true)]
    [InlineData("example.com/ring", "", true)]
    [InlineData("arch", "x86_64", false)]
    [InlineData("device", "edge-1", false)]
    [InlineData("", "x", false)]
    [InlineData("a b", "x", false)]
    [InlineData("ring", "a b", false)]
    public void Check_OneLabel_TellsWhetherItIsValid(string name, string value, bool valid) =>
        Assert.Equal(valid, LabelRules.Check(new Dictionary<string, string> { [name] = value }, "").Count == 0);

    [Fact]
    public void Check_TooLongOrTooMany_IsWrong()
    {
        Assert.Single(LabelRules.Check(new Dictionary<string, string> { [new string('a', 64)] = "" }, ""));
        Assert.Single(LabelRules.Check(Enumerable.Range(0, 33).ToDictionary(i => $"l{i}", i => ""), ""));
    }
}
