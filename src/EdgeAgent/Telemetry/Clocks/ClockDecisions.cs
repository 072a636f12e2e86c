using MicroVm.EdgeAgent.Observed;
using MicroVm.Shared.Contracts.Telemetry;

namespace MicroVm.EdgeAgent.Telemetry.Clocks;

/// <summary>What the device's clocks tell. Pure.</summary>
internal static class ClockDecisions
{
    /// <summary>A clock that moved further than this against the uptime was set.</summary>
    internal const long StepMs = 1_000;

    /// <summary>How far a clock can be believed.</summary>
    /// <param name="now">What it shows.</param>
    /// <param name="isSynchronised">What the kernel says; null when it does not.</param>
    internal static ClockQuality Judge(DateTimeOffset now, bool? isSynchronised) =>
        !ClockBounds.IsPlausible(now) ? ClockQuality.NotSet
        : isSynchronised == true ? ClockQuality.Synchronised
        : ClockQuality.Unsynchronised;

    /// <summary>True when rows of both moments cannot be in one batch: the clock was set between them, or became another one to believe.</summary>
    internal static bool IsStep(ClockReading earlier, ClockReading later) =>
        earlier.Quality != later.Quality || Math.Abs(later.BootedAtUnixMs - earlier.BootedAtUnixMs) > StepMs;

    /// <summary>What is said of the time when a batch is sent.</summary>
    /// <param name="now">The clocks now.</param>
    /// <param name="kernelBootId">The boot that runs.</param>
    /// <param name="batchBootId">The boot in which the batch was made; empty when that is not known.</param>
    /// <param name="baseUptimeMs">The batch's base by the uptime of its boot.</param>
    /// <param name="boots">When boots began, as far as the device found out.</param>
    internal static SendStamp Stamp(ClockReading now, string kernelBootId, string batchBootId, long baseUptimeMs, BootTimes boots) =>
        batchBootId == kernelBootId
            ? new SendStamp(now.UnixMs, now.Quality, Math.Max(0, now.UptimeMs - baseUptimeMs))
            : new SendStamp(now.UnixMs, now.Quality, null, boots.Find(batchBootId) is long bootedAt ? bootedAt + baseUptimeMs : null);
}
