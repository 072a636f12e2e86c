using MicroVm.EdgeAgent.Store;
using MicroVm.EdgeAgent.Telemetry.Clocks;
using MicroVm.EdgeAgent.Tests.TestDoubles;
using MicroVm.Shared.Contracts.Telemetry;

namespace MicroVm.EdgeAgent.Tests.Telemetry;

public sealed class ClockDecisionsTests
{
    private static readonly ClockReading s_now = new(1_800_000_000_000, 50_000, ClockQuality.Synchronised);

    [Theory]
    [InlineData("1970-01-01", true, ClockQuality.NotSet)]
    [InlineData("2099-01-01", true, ClockQuality.NotSet)]
    [InlineData("2024-12-31", true, ClockQuality.NotSet)]
    [InlineData("2025-01-01", true, ClockQuality.Synchronised)]
    [InlineData("2069-12-31", true, ClockQuality.Synchronised)]
    [InlineData("2070-01-01", true, ClockQuality.NotSet)]
    [InlineData("2027-05-01", true, ClockQuality.Synchronised)]
    [InlineData("2027-05-01", false, ClockQuality.Unsynchronised)]
    [InlineData("2027-05-01", null, ClockQuality.Unsynchronised)]
    public void Judge_DateAndKernel_GiveTheQuality(string date, bool? synchronised, ClockQuality expected) =>
        Assert.Equal(expected, ClockDecisions.Judge(DateTimeOffset.Parse(date + "T00:00:00Z", null), synchronised));

    [Fact]
    public void IsStep_ClockAndUptimeTogether_IsNone() =>
        Assert.False(ClockDecisions.IsStep(s_now, s_now with { UnixMs = s_now.UnixMs + 90_000, UptimeMs = s_now.UptimeMs + 90_500 }));

    [Fact]
    public void IsStep_ClockAlone_IsOne() => Assert.True(ClockDecisions.IsStep(s_now, s_now with { UnixMs = s_now.UnixMs + 1_001 }));

    [Fact]
    public void IsStep_OnlyTheQualityChanged_IsOne() =>
        Assert.True(ClockDecisions.IsStep(s_now, s_now with { Quality = ClockQuality.Unsynchronised }));

    [Fact]
    public void Stamp_SameBoot_SaysTheAge() => Assert.Equal(
        new SendStamp(s_now.UnixMs, ClockQuality.Synchronised, 20_000), ClockDecisions.Stamp(s_now, "a", "a", 30_000, BootTimes.Empty));

    [Fact]
    public void Stamp_EarlierBootThatGotItsTimeLater_SaysWhenItReallyWas() => Assert.Equal(
        new SendStamp(s_now.UnixMs, ClockQuality.Synchronised, null, 1_030_000),
        ClockDecisions.Stamp(s_now, "b", "a", 30_000, BootTimes.Empty.With("a", 1_000_000)));

    [Fact]
    public void Stamp_EarlierBootThatNeverGotItsTime_SaysNothing() => Assert.Equal(
        new SendStamp(s_now.UnixMs, ClockQuality.Synchronised, null), ClockDecisions.Stamp(s_now, "b", "a", 30_000, BootTimes.Empty));

    [Fact]
    public void BootTimes_AsTextAndBack_KeepTheNewestEight()
    {
        BootTimes boots = BootTimes.Empty;
        for (int i = 0; i < 10; i++)
        {
            boots = boots.With($"boot-{i}", i);
        }

        BootTimes read = BootTimes.Parse(boots.With("boot-9", -5).ToString() + " nonsense x=y");

        Assert.Null(read.Find("boot-1"));
        Assert.Equal((8L, -5L), (read.Find("boot-8"), read.Find("boot-9")));
        Assert.Null(BootTimes.Parse(null).Find("boot-9"));
    }

    [Fact]
    public void Keeper_ClockBecomesRight_NotesItOnceForTheNextBoot()
    {
        MemoryStore store = new();
        FakeClock clock = new();
        BootTimeKeeper keeper = new(store, clock);
        keeper.Note(clock.Now with { Quality = ClockQuality.NotSet, UnixMs = 7 });
        Assert.Null(store.LoadSetting("boot-times"));

        keeper.Note(clock.Now);
        clock.Pass(10_000);
        keeper.Note(clock.Now with { UnixMs = clock.Now.UnixMs + 900 });

        Assert.Equal($"{FakeClock.Boot}={clock.Now.BootedAtUnixMs}", store.LoadSetting("boot-times"));
        SpooledBatch batch = new(0, Guid.Empty, 1, []) { KernelBootId = FakeClock.Boot, BaseUptimeMs = 1_000 };
        clock.KernelBootId = "boot-2";
        Assert.Equal(clock.Now.BootedAtUnixMs + 1_000, new BootTimeKeeper(store, clock).Stamp(batch).TrueBaseUnixMs);
    }
}
