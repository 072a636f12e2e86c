using Microsoft.Extensions.Logging;

namespace MicroVm.EdgeAgent.Diagnostics;

internal static partial class Log
{
    [LoggerMessage(1900, LogLevel.Warning, "changes of the desired state wait {Text}")]
    internal static partial void Paused(ILogger logger, string text);

    [LoggerMessage(1901, LogLevel.Warning, "changes of the desired state go through again, says uid {Uid}")]
    internal static partial void Resumed(ILogger logger, uint uid);

    [LoggerMessage(1902, LogLevel.Warning, "refused a request on the local socket from uid {Uid}")]
    internal static partial void LocalRefused(ILogger logger, uint uid);

    [LoggerMessage(1903, LogLevel.Debug, "a connection to the local socket ended: {Reason}")]
    internal static partial void LocalEnded(ILogger logger, string reason);
}
