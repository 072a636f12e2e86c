using MicroVm.Shared.Contracts.Telemetry;
using MicroVm.Shared.Tests.Contracts;

namespace MicroVm.Shared.Tests.Telemetry;

public sealed class MetricRulesTests
{
    private static readonly MetricPoint s_point = TelemetryColumns.Point("line.temperature", 21.5, 0);

    public static TheoryData<string> BadNames => ["", "1st", "a b", "ü", "a\n", new string('a', MetricLimits.NameCharacters + 1)];

    [Theory]
    [InlineData("a")]
    [InlineData("http_requests:rate5m")]
    [InlineData("belt/4.speed-max")]
    public void Name_OfTheAlphabet_Passes(string name) => Assert.Null(MetricRules.Check(s_point with { Name = name }));

    [Theory]
    [MemberData(nameof(BadNames))]
    public void Name_OfAnythingElse_IsRefusedAndShown(string name)
    {
        string? fault = MetricRules.Check(s_point with { Name = name });

        Assert.StartsWith("name: expected", fault);
        Assert.DoesNotContain('\n', fault!);
    }

    [Theory]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    public void Value_ThatIsNoNumber_IsRefused(double value) =>
        Assert.StartsWith("value of 'line.temperature'", MetricRules.Check(s_point with { Value = value }));

    [Fact]
    public void Unit_TooLong_IsRefused() =>
        Assert.StartsWith("unit: expected", MetricRules.Check(s_point with { Unit = new string('m', MetricLimits.UnitCharacters + 1) }));

    [Fact]
    public void Labels_OneTooMany_AreRefused() => Refused(
        [.. Enumerable.Range(0, MetricLimits.Labels + 1).Select(i => KeyValuePair.Create($"l{i}", ""))], $"labels: expected at most {MetricLimits.Labels}");

    [Fact]
    public void Label_Twice_IsRefused() => Refused([new("a", "1"), new("a", "2")], "labels: expected each name once");

    [Fact]
    public void Label_WithAControlCharacter_IsRefused() => Refused([new("a", "x\u0007")], "label 'a'");

    [Fact]
    public void Series_DifferByLabelValue()
    {
        MetricPoint other = s_point with { Labels = [new("line", "5"), new("site", "Köln")] };

        Assert.False(s_point.IsOfSeries(other));
        Assert.True(s_point.IsOfSeries(s_point with { Value = 0, AtUnixMs = 0, Labels = [.. s_point.Labels] }));
    }

    private static void Refused(KeyValuePair<string, string>[] labels, string expected) =>
        Assert.StartsWith(expected, MetricRules.Check(s_point with { Labels = labels }));
}
