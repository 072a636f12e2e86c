using MicroVm.Shared.Contracts.Telemetry;

namespace MicroVm.Shared.Tests.Telemetry;

public sealed class ColumnTests
{
    public static TheoryData<long[]> Columns =>
    [
        Array.Empty<long>(),
        new long[] { 0, 0, 0 },
        new long[] { 7 },
        new long[] { 7, 7, 7 },
        new long[] { 1, 2, 3, 3 },
        new long[] { long.MinValue, long.MaxValue, 0, -1 },
    ];

    [Theory]
    [MemberData(nameof(Columns))]
    public void Numbers_AsDeltasAndBack_AreTheSame(long[] values) =>
        Assert.Equal(values, Column.Restore(Column.Deltas(values), values.Length));

    [Theory]
    [MemberData(nameof(Columns))]
    public void Times_AsDeltasAndBack_AreTheSame(long[] values) =>
        Assert.Equal(values, Column.RestoreTimes(Column.TimeDeltas(values)));

    [Fact]
    public void ConstantColumn_IsOneNumber() => Assert.Equal([42], Column.Deltas([42, 42, 42, 42]));

    [Fact]
    public void ZeroColumn_IsNothing() => Assert.Empty(Column.Deltas([0, 0, 0]));

    [Fact]
    public void TimesAtEqualDistances_AreZeroAfterTheFirstTwo() => Assert.Equal([1000, 5, 0, 0], Column.TimeDeltas([1000, 1005, 1010, 1015]));

    [Theory]
    [InlineData(new[] { 21.5, 21.25 }, 2)]
    [InlineData(new[] { 3.0, -4.0 }, 0)]
    [InlineData(new[] { 0.1, 0.2, 0.3 }, 1)]
    [InlineData(new[] { 0.000001 }, 6)]
    public void ShortDecimals_AreIntegersWithTheFewestDigits(double[] values, int digits)
    {
        (int found, long[] integers) = DecimalColumn.TrySplit(values)!.Value;

        Assert.Equal(digits, found);
        Assert.Equal(values, integers.Select(integer => DecimalColumn.Join(integer, found)));
    }

    [Theory]
    [InlineData(1.0 / 3)]
    [InlineData(0.1 + 0.2)]
    [InlineData(1e300)]
    [InlineData(-0.0)]
    [InlineData(double.NaN)]
    [InlineData(double.Epsilon)]
    public void OtherNumbers_AreNoDecimals(double value) => Assert.Null(DecimalColumn.TrySplit([1, value]));
}
