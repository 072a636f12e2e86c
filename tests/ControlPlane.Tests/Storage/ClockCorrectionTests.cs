using MicroVm.ControlPlane.Host.Storage.Telemetry;
using MicroVm.Shared.Contracts.Reported;
using MicroVm.Shared.Contracts.Telemetry;

namespace MicroVm.ControlPlane.Tests.Storage;

public sealed class ClockCorrectionTests
{
    private const long Received = 1_800_000_000_000;

    [Theory]
    [InlineData(ClockQuality.Unknown, TimeMark.Unknown)]
    [InlineData(ClockQuality.Synchronised, TimeMark.Synchronised)]
    public void Of_ClockThatIsRightOrOld_ShiftsNothing(ClockQuality clock, object mark) =>
        Assert.Equal(new ClockCorrection(0, (TimeMark)mark), ClockCorrection.Of(Batch(clock, 5_000, new SendStamp(0, clock, 60_000)), Received));

    [Theory]
    [InlineData(ClockQuality.NotSet, 5_000)]
    [InlineData(ClockQuality.NotSet, 4_000_000_000_000)]
    [InlineData(ClockQuality.Unsynchronised, Received - 3_600_000)]
    public void Of_WrongClockInTheBootThatSends_ShiftsToItsAge(ClockQuality clock, long baseMs)
    {
        ClockCorrection correction = ClockCorrection.Of(Batch(clock, baseMs, new SendStamp(0, clock, 60_000)), Received);

        Assert.Equal(TimeMark.Corrected, correction.Mark);
        Assert.Equal(Received - 60_000 + 123, correction.Apply(baseMs + 123));
    }

    [Fact]
    public void Of_FreeClockThatIsNearlyRight_IsLeftAsItIs() => Assert.Equal(
        new ClockCorrection(0, TimeMark.Corrected),
        ClockCorrection.Of(Batch(ClockQuality.Unsynchronised, Received - 61_500, new SendStamp(0, ClockQuality.Synchronised, 60_000)), Received));

    [Fact]
    public void Of_EarlierBootThatFoundOut_ShiftsToThat() => Assert.Equal(
        new ClockCorrection(Received - 90_000 - 5_000, TimeMark.Corrected),
        ClockCorrection.Of(Batch(ClockQuality.NotSet, 5_000, new SendStamp(0, ClockQuality.NotSet, null, Received - 90_000)), Received));

    [Theory]
    [InlineData(ClockQuality.NotSet, TimeMark.NotSet)]
    [InlineData(ClockQuality.Unsynchronised, TimeMark.Unsynchronised)]
    public void Of_EarlierBootThatNeverFoundOut_SaysSo(ClockQuality clock, object mark)
    {
        Assert.Equal(new ClockCorrection(0, (TimeMark)mark), ClockCorrection.Of(Batch(clock, 5_000, new SendStamp(0, clock, null)), Received));
        Assert.Equal(new ClockCorrection(0, (TimeMark)mark), ClockCorrection.Of(Batch(clock, 5_000, null), Received));
    }

    [Theory]
    [InlineData(long.MaxValue)]
    [InlineData(-1)]
    public void Of_ImpossibleAge_IsNotBelieved(long age) => Assert.Equal(
        TimeMark.NotSet, ClockCorrection.Of(Batch(ClockQuality.NotSet, 5_000, new SendStamp(0, ClockQuality.NotSet, age)), Received).Mark);

    [Theory]
    [InlineData(long.MinValue)]
    [InlineData(long.MaxValue)]
    public void Apply_TimesThatDoNotFit_StayWithinTheNumbers(long baseMs)
    {
        ClockCorrection correction = ClockCorrection.Of(Batch(ClockQuality.NotSet, baseMs, new SendStamp(0, ClockQuality.NotSet, 0)), Received);

        Assert.InRange(correction.Apply(baseMs), long.MinValue, long.MaxValue);
        Assert.Equal(long.MaxValue, new ClockCorrection(1, TimeMark.Corrected).Apply(long.MaxValue));
        Assert.Equal(long.MinValue, new ClockCorrection(-1, TimeMark.Corrected).Apply(long.MinValue));
    }

    private static TelemetryBatch Batch(ClockQuality clock, long baseMs, SendStamp? stamp) => new()
    {
        Header = new UplinkHeader(Guid.NewGuid(), 1, 0),
        Clock = clock,
        BaseUnixMs = baseMs,
        Stamp = stamp,
    };
}
