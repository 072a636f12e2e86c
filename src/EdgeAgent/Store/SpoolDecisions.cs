using MicroVm.Shared.Contracts.Telemetry;

namespace MicroVm.EdgeAgent.Store;

/// <summary>What the spool drops counts as. Pure.</summary>
internal static class SpoolDecisions
{
    /// <summary>What a dropped batch counts as.</summary>
    internal static TelemetryLosses LossOf(SpoolClass kind, long items) => kind switch
    {
        SpoolClass.Samples => new TelemetryLosses((ulong)items, 0, 0),
        SpoolClass.Metrics => new TelemetryLosses(0, (ulong)items, 0),
        _ => new TelemetryLosses(0, 0, (ulong)items),
    };

    /// <summary>The same by class.</summary>
    internal static (SpoolClass Class, ulong Items)[] ByClass(TelemetryLosses losses) =>
        [(SpoolClass.Samples, losses.Samples), (SpoolClass.Metrics, losses.Metrics), (SpoolClass.Events, losses.Events)];

    /// <summary>Before when a batch is too old; null when the clock cannot tell: a wrong one would make everything old.</summary>
    internal static long? OldestUnixMs(long nowUnixMs, ClockQuality clock, TimeSpan age) =>
        clock == ClockQuality.Synchronised ? nowUnixMs - (long)age.TotalMilliseconds : null;
}
