using Cronos;

namespace MicroVm.EdgeAgent.Planning;

/// <summary>When a job runs: five fields as crontab(5) has them, in UTC.</summary>
internal static class JobSchedule
{
    /// <summary>The first time after a moment; null when the schedule cannot be read or never comes.</summary>
    internal static DateTimeOffset? Next(string schedule, DateTimeOffset after) =>
        CronExpression.TryParse(schedule, out CronExpression? expression)
        && expression.GetNextOccurrence(after.UtcDateTime) is DateTime next
            ? new DateTimeOffset(next, TimeSpan.Zero)
            : null;
}
