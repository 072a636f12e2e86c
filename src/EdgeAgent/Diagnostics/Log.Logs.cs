using Microsoft.Extensions.Logging;

namespace MicroVm.EdgeAgent.Diagnostics;

internal static partial class Log
{
    [LoggerMessage(2100, LogLevel.Warning, "{Vm}: its log cannot be kept or read: {Reason}")]
    internal static partial void LogFailed(ILogger logger, string vm, string reason);
}
