using Microsoft.Extensions.Logging;
using MicroVm.EdgeAgent.Planning;

namespace MicroVm.EdgeAgent.Diagnostics;

internal static partial class Log
{
    [LoggerMessage(2200, LogLevel.Information, "VMs are limited by cgroup v{Version} under {Folder}; {Missing}")]
    internal static partial void CgroupsOpened(ILogger logger, int version, string folder, string missing);

    [LoggerMessage(2201, LogLevel.Warning, "VMs are not limited by cgroups: {Reason}")]
    internal static partial void NoCgroups(ILogger logger, string reason);

    [LoggerMessage(2202, LogLevel.Warning, "cgroup: {Path}: {Reason}")]
    internal static partial void CgroupFault(ILogger logger, string path, string reason);

    [LoggerMessage(2203, LogLevel.Information, "the device is short of memory: {Before} before, {Now} now, {AvailableMib} MiB are available")]
    internal static partial void MemoryPressure(ILogger logger, HostPressure before, HostPressure now, long availableMib);

    [LoggerMessage(2204, LogLevel.Debug, "{Vm}: {Before} MiB before, {Granted} MiB now; it has {Held}, of which {Available} are available")]
    internal static partial void MemoryMoved(ILogger logger, string vm, int before, int granted, int held, int available);

    [LoggerMessage(2205, LogLevel.Warning, "{Vm}: its memory stays as it is: {Reason}")]
    internal static partial void BalloonUnknown(ILogger logger, string vm, string reason);
}
