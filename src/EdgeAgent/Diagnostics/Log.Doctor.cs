using Microsoft.Extensions.Logging;

namespace MicroVm.EdgeAgent.Diagnostics;

internal static partial class Log
{
    [LoggerMessage(1800, LogLevel.Error, "this host does not run VMs as it is: {Finding}")]
    internal static partial void HostLacks(ILogger logger, string finding);

    [LoggerMessage(1801, LogLevel.Information, "host checked: {Failed} failed, {Warnings} warnings; microvm-agent doctor says more")]
    internal static partial void HostChecked(ILogger logger, int failed, int warnings);

    [LoggerMessage(1802, LogLevel.Warning, "this host could not be checked: {Reason}")]
    internal static partial void HostNotChecked(ILogger logger, string reason);
}
