using System.Globalization;
using MicroVm.ControlPlane.Abstractions.Rollouts;

namespace MicroVm.ControlPlane.Tests.Rollouts;

public sealed class MaintenanceWindowsTests
{
    private static readonly DailyWindow s_night = new([], 22 * 60, 5 * 60);

    [Theory]
    [InlineData("2026-01-15T20:59:59Z", false)]
    [InlineData("2026-01-15T21:00:00Z", true)]
    [InlineData("2026-01-15T23:30:00Z", true)]
    [InlineData("2026-01-16T03:59:59Z", true)]
    [InlineData("2026-01-16T04:00:00Z", false)]
    public void Window_OverMidnight_IsOpenOnBothSidesOfIt(string now, bool expected) =>
        Assert.Equal(expected, IsOpen("Europe/Berlin", now, s_night));

    /// <summary>Friday's window ends on Saturday morning; Friday morning belongs to Thursday's, which there is none.</summary>
    [Theory]
    [InlineData("2026-01-16T03:00:00Z", false)]
    [InlineData("2026-01-16T23:00:00Z", true)]
    [InlineData("2026-01-17T03:00:00Z", true)]
    [InlineData("2026-01-17T23:00:00Z", false)]
    public void Window_OverMidnightOnADay_BelongsToTheDayThatItBeginsOn(string now, bool expected) =>
        Assert.Equal(expected, IsOpen("UTC", now, s_night with { Days = [DayOfWeek.Friday] }));

    /// <summary>On 2026-03-29 clocks in Berlin go from 02:00 to 03:00, at 01:00 UTC.</summary>
    [Theory]
    [InlineData("2026-03-29T00:29:59Z", false)]
    [InlineData("2026-03-29T00:30:00Z", true)]
    [InlineData("2026-03-29T00:59:59Z", true)]
    [InlineData("2026-03-29T01:00:00Z", true)]
    [InlineData("2026-03-29T01:29:59Z", true)]
    [InlineData("2026-03-29T01:30:00Z", false)]
    [InlineData("2026-03-28T02:29:59Z", true)]
    [InlineData("2026-03-30T01:29:59Z", true)]
    [InlineData("2026-03-30T01:30:00Z", false)]
    public void Window_InTheHourThatIsSkipped_GoesByTheClockOnTheWall(string now, bool expected) =>
        Assert.Equal(expected, IsOpen("Europe/Berlin", now, new DailyWindow([], 90, 210)));

    /// <summary>A window that lies in the skipped hour alone does not open on that day.</summary>
    [Fact]
    public void Window_OfTheSkippedHourAlone_IsNotOpenedThatDay()
    {
        DailyWindow window = new([], 120, 180);

        Assert.DoesNotContain(Minutes("2026-03-29T00:00:00Z", 24 * 60), now => IsOpen("Europe/Berlin", now, window));
        Assert.Equal(60, Minutes("2026-03-30T00:00:00Z", 24 * 60).Count(now => IsOpen("Europe/Berlin", now, window)));
    }

    /// <summary>On 2026-10-25 clocks in Berlin go from 03:00 back to 02:00, at 01:00 UTC: the hour comes twice.</summary>
    [Fact]
    public void Window_OfTheHourThatComesTwice_IsOpenBothTimes() =>
        Assert.Equal(120, Minutes("2026-10-25T00:00:00Z", 24 * 60).Count(now => IsOpen("Europe/Berlin", now, new DailyWindow([], 120, 180))));

    [Theory]
    [InlineData("Asia/Tokyo", true)]
    [InlineData("America/New_York", false)]
    [InlineData("", false)]
    [InlineData("Atlantis/City", false)]
    public void Window_OfEachDevice_IsInItsOwnZoneElseTheGivenOne(string zone, bool expected) =>
        Assert.Equal(expected, IsOpen(zone, "2026-01-15T14:00:00Z", s_night));

    [Fact]
    public void Window_ToTheEndOfTheDay_IsOpenInItsLastMinute()
    {
        DailyWindow window = new([], 0, DailyWindow.DayMinutes);

        Assert.All(Minutes("2026-01-15T00:00:00Z", 24 * 60), now => Assert.True(IsOpen("UTC", now, window)));
    }

    [Fact]
    public void Windows_ThatAreNotGiven_AreAlwaysOpen()
    {
        MaintenanceWindows windows = new("UTC", [], [s_night]);
        DateTimeOffset noon = new(2026, 1, 15, 12, 0, 0, TimeSpan.Zero);

        Assert.Equal((true, false), (windows.MayDownload("", noon), windows.MaySwitchOver("", noon)));
    }

    private static IEnumerable<DateTimeOffset> Minutes(string from, int count) =>
        Enumerable.Range(0, count).Select(minute => Parse(from).AddMinutes(minute));

    private static bool IsOpen(string zone, string now, DailyWindow window) => IsOpen(zone, Parse(now), window);

    private static bool IsOpen(string zone, DateTimeOffset now, DailyWindow window) =>
        new MaintenanceWindows("Europe/Berlin", [], [window]).MaySwitchOver(zone, now);

    private static DateTimeOffset Parse(string text) => DateTimeOffset.Parse(text, CultureInfo.InvariantCulture);
}
