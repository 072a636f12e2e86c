using Microsoft.Extensions.Logging;

namespace MicroVm.EdgeAgent.Diagnostics;

internal static partial class Log
{
    [LoggerMessage(1100, LogLevel.Information, "connected to {Host}:{Port}")]
    internal static partial void Connected(ILogger logger, string host, int port);

    [LoggerMessage(1101, LogLevel.Warning, "no connection to {Host}:{Port}: {Reason}; next attempt in {Seconds:0.0} s")]
    internal static partial void NotConnected(ILogger logger, string host, int port, string reason, double seconds);

    [LoggerMessage(1102, LogLevel.Warning, "refused a downlink on {Topic}: {Reason}")]
    internal static partial void RefusedDownlink(ILogger logger, string topic, string reason);

    [LoggerMessage(1103, LogLevel.Debug, "{Kind} was not published: {Reason}")]
    internal static partial void PublishFailed(ILogger logger, string kind, string reason);
}
