using Microsoft.Extensions.Logging;

namespace MicroVm.EdgeAgent.Diagnostics;

internal static partial class Log
{
    [LoggerMessage(2500, LogLevel.Information, "agent {Version} is unpacked in slot {Slot} and says that it runs")]
    internal static partial void AgentPrepared(ILogger logger, string version, string slot);

    [LoggerMessage(2501, LogLevel.Warning, "agent {Version} is not here yet: {Reason}")]
    internal static partial void AgentNotFetched(ILogger logger, string version, string reason);

    [LoggerMessage(2502, LogLevel.Information, "ending for the sake of an update to or from agent {Version}; VMs keep running")]
    internal static partial void AgentGivesWay(ILogger logger, string version);

    [LoggerMessage(2503, LogLevel.Information, "the trial of agent {Version} is over: it works and stays")]
    internal static partial void AgentAccepted(ILogger logger, string version);

    [LoggerMessage(2504, LogLevel.Error, "this agent's trial is over: {Reason}; the one from before comes back")]
    internal static partial void AgentGivesUp(ILogger logger, string reason);

    [LoggerMessage(2505, LogLevel.Error, "agent {Version} does not work here and is not tried again: {Reason}; {Running} goes on")]
    internal static partial void AgentFailed(ILogger logger, string version, string reason, string running);

    [LoggerMessage(2506, LogLevel.Warning, "the service manager is not told that all is well: {Reason}")]
    internal static partial void NotAlive(ILogger logger, string reason);
}
