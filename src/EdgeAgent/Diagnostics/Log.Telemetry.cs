using Microsoft.Extensions.Logging;

namespace MicroVm.EdgeAgent.Diagnostics;

internal static partial class Log
{
    [LoggerMessage(1700, LogLevel.Warning, "telemetry is not kept: {Reason}; tried again in {Seconds} s")]
    internal static partial void SpoolFailed(ILogger logger, string reason, double seconds);

    [LoggerMessage(1701, LogLevel.Warning, "the telemetry spool is full: {Batches} more batches were dropped (said once an hour)")]
    internal static partial void SpoolDropped(ILogger logger, long batches);

    [LoggerMessage(1702, LogLevel.Warning, "no telemetry sample: {Reason}")]
    internal static partial void SampleFailed(ILogger logger, string reason);

    [LoggerMessage(1703, LogLevel.Debug, "no acknowledgement for {Seconds} s: unacknowledged batches are sent again")]
    internal static partial void AckOverdue(ILogger logger, double seconds);

    [LoggerMessage(1704, LogLevel.Warning, "telemetry batch {BootId}/{Sequence} is dropped: the gateway cannot read it")]
    internal static partial void BatchRefused(ILogger logger, Guid bootId, ulong sequence);

    [LoggerMessage(1705, LogLevel.Warning, "workloads' metrics are not taken: {Reason}; tried again")]
    internal static partial void NoMetricServer(ILogger logger, string reason);
}
