using System.Collections.Immutable;

namespace MicroVm.ControlPlane.Abstractions.Rollouts;

/// <summary>A time of day on some days of the week, on the clock on the wall.</summary>
/// <param name="Days">Days on which it begins; all of them when empty.</param>
/// <param name="FromMinute">Minute of the day at which it begins, from 0.</param>
/// <param name="ToMinute">Minute of the day before which it ends, to 1,440; at or before the beginning it ends on the next day.</param>
[GenerateSerializer]
[Immutable]
public sealed record DailyWindow(
    [property: Id(0)] ImmutableArray<DayOfWeek> Days, [property: Id(1)] int FromMinute, [property: Id(2)] int ToMinute)
{
    /// <summary>Minutes of a day.</summary>
    public const int DayMinutes = 24 * 60;

    /// <summary>
    /// True when a clock on the wall shows a time inside. An hour that the clock skips in spring is in no window and one
    /// that it shows twice in autumn is in it twice: whoever set the window looks at the same clock.
    /// </summary>
    public bool Contains(DateTime wall)
    {
        int minute = (int)wall.TimeOfDay.TotalMinutes;
        if (FromMinute < ToMinute)
        {
            return minute >= FromMinute && minute < ToMinute && BeginsOn(wall.DayOfWeek);
        }

        // Over midnight: the part after it belongs to the day before.
        return minute >= FromMinute ? BeginsOn(wall.DayOfWeek) : minute < ToMinute && BeginsOn(wall.AddDays(-1).DayOfWeek);
    }

    private bool BeginsOn(DayOfWeek day) => Days.IsEmpty || Days.Contains(day);
}
