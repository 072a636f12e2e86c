using Microsoft.Extensions.Logging;

namespace MicroVm.EdgeAgent.Diagnostics;

internal static partial class Log
{
    [LoggerMessage(1300, LogLevel.Error, "{Key}: {Type}: {Reason}; tried again in {Seconds} s")]
    internal static partial void ReconcileFaulted(ILogger logger, string key, string type, string reason, double seconds);

    [LoggerMessage(1301, LogLevel.Warning, "{Key}: failed: {Reason}")]
    internal static partial void ReconcileFailed(ILogger logger, string key, string reason);

    [LoggerMessage(1302, LogLevel.Debug, "{Vm}: {Step}")]
    internal static partial void ExecutingStep(ILogger logger, string vm, string step);
}
