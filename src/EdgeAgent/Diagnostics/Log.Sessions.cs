using Microsoft.Extensions.Logging;

namespace MicroVm.EdgeAgent.Diagnostics;

internal static partial class Log
{
    [LoggerMessage(2400, LogLevel.Information, "{Vm}: a session of kind {Kind} begins")]
    internal static partial void SessionOpened(ILogger logger, string vm, string kind);

    [LoggerMessage(2401, LogLevel.Information, "{Vm}: a session ended by {End} {Reason}")]
    internal static partial void SessionEnded(ILogger logger, string vm, string end, string reason);

    [LoggerMessage(2403, LogLevel.Warning, "{Vm}: a session was asked for on the device by uid {Uid}")]
    internal static partial void LocalSession(ILogger logger, string vm, uint uid);

    [LoggerMessage(2402, LogLevel.Warning, "{Vm}: an ordered session could not be opened: {Reason}")]
    internal static partial void SessionNotOpened(ILogger logger, string vm, string reason);
}
