using Microsoft.Extensions.Logging;

namespace MicroVm.EdgeAgent.Diagnostics;

internal static partial class Log
{
    [LoggerMessage(1600, LogLevel.Debug, "{Vm}: guest connected: init {Version}, {State}")]
    internal static partial void GuestConnected(ILogger logger, string vm, string version, string state);

    [LoggerMessage(1601, LogLevel.Warning, "{Vm}: guest's connection closed: {Reason}")]
    internal static partial void GuestFault(ILogger logger, string vm, string reason);

    [LoggerMessage(1602, LogLevel.Information, "{Vm}: workload started, pid {Pid} in the guest")]
    internal static partial void WorkloadStarted(ILogger logger, string vm, int pid);

    [LoggerMessage(1603, LogLevel.Information, "{Vm}: workload ended with code {Code} {Explanation}")]
    internal static partial void WorkloadExited(ILogger logger, string vm, int code, string explanation);

    [LoggerMessage(1604, LogLevel.Debug, "{Vm}: guest's connection broke: {Reason}")]
    internal static partial void GuestDisconnected(ILogger logger, string vm, string reason);

    [LoggerMessage(1605, LogLevel.Error, "{Vm}: its guest cannot be listened to at {Path}, so its logs, health and metrics wait until it can: {Reason}")]
    internal static partial void GuestUnheard(ILogger logger, string vm, string path, string reason);
}
