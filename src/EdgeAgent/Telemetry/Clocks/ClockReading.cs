using MicroVm.Shared.Contracts.Telemetry;

namespace MicroVm.EdgeAgent.Telemetry.Clocks;

/// <summary>One look at the device's clocks.</summary>
/// <param name="UnixMs">The clock that people set, in milliseconds since 1970.</param>
/// <param name="UptimeMs">Milliseconds since the device booted, which nobody sets.</param>
/// <param name="Quality">How far the first can be believed.</param>
internal readonly record struct ClockReading(long UnixMs, long UptimeMs, ClockQuality Quality)
{
    /// <summary>When the device would have booted by the clock: the same as long as nobody sets it.</summary>
    internal long BootedAtUnixMs => UnixMs - UptimeMs;
}
