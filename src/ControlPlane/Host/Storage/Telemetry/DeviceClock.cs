namespace MicroVm.ControlPlane.Host.Storage.Telemetry;

/// <summary>Times as devices state them. A device may state any number; what no calendar has becomes the nearest that it has.</summary>
internal static class DeviceClock
{
    private const long NsPerTick = 100;

    private static readonly long s_firstMs = DateTimeOffset.MinValue.ToUnixTimeMilliseconds();
    private static readonly long s_lastMs = DateTimeOffset.MaxValue.ToUnixTimeMilliseconds();

    internal static DateTimeOffset FromUnixMs(long ms) => DateTimeOffset.FromUnixTimeMilliseconds(Math.Clamp(ms, s_firstMs, s_lastMs));

    // 64 bits of nanoseconds reach from 1677 to 2262: always within the calendar.
    internal static DateTimeOffset FromUnixNs(long ns) => DateTimeOffset.UnixEpoch.AddTicks(ns / NsPerTick);
}
