using Microsoft.Extensions.Logging;

namespace MicroVm.EdgeAgent.Diagnostics;

internal static partial class Log
{
    [LoggerMessage(1000, LogLevel.Information, "microvm-agent {Version} for device {Device}, boot {BootId}, holds generation {Generation}")]
    internal static partial void AgentStarted(ILogger logger, string version, string device, Guid bootId, ulong generation);

    [LoggerMessage(1001, LogLevel.Information, "stopping; VMs keep running")]
    internal static partial void AgentStopping(ILogger logger);

    [LoggerMessage(1002, LogLevel.Error, "{Loop} ended unexpectedly: {Type}: {Reason}; started again in {Seconds} s")]
    internal static partial void LoopFaulted(ILogger logger, string loop, string type, string reason, double seconds);
}
