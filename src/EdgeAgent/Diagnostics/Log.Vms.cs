using Microsoft.Extensions.Logging;

namespace MicroVm.EdgeAgent.Diagnostics;

internal static partial class Log
{
    [LoggerMessage(1500, LogLevel.Information, "{Vm}: started revision {Revision}, VMM pid {Pid}, cid {Cid}")]
    internal static partial void VmStarted(ILogger logger, string vm, int revision, int pid, uint cid);

    [LoggerMessage(1501, LogLevel.Information, "{Vm}: adopted, VMM pid {Pid}")]
    internal static partial void VmAdopted(ILogger logger, string vm, int pid);

    [LoggerMessage(1502, LogLevel.Information, "{Vm}: VMM pid {Pid} is gone: {Reason}")]
    internal static partial void VmGone(ILogger logger, string vm, int pid, string reason);

    [LoggerMessage(1503, LogLevel.Warning, "{Vm}: not started: {Reason}")]
    internal static partial void VmNotStarted(ILogger logger, string vm, string reason);

    [LoggerMessage(1504, LogLevel.Information, "{Vm}: stopping: {Reason}")]
    internal static partial void VmStopping(ILogger logger, string vm, string reason);

    [LoggerMessage(1505, LogLevel.Warning, "{Vm}: still runs after {Seconds} s: {Signal} to pid {Pid}")]
    internal static partial void VmSignalled(ILogger logger, string vm, double seconds, string signal, int pid);

    [LoggerMessage(1506, LogLevel.Information, "{Vm}: VMM pid {Pid} ended: {Reason}")]
    internal static partial void VmmEnded(ILogger logger, string vm, int pid, string reason);

    [LoggerMessage(1507, LogLevel.Warning, "stopped pid {Pid}: a VMM for '{Vm}' that no record knows")]
    internal static partial void OrphanStopped(ILogger logger, int pid, string vm);

    [LoggerMessage(1511, LogLevel.Error, "pid {Pid}, a VMM for '{Vm}' that no record knows, did not end after SIGKILL: {Vm} is not started before it has")]
    internal static partial void OrphanStays(ILogger logger, int pid, string vm);

    [LoggerMessage(1508, LogLevel.Information, "{Vm}: removed")]
    internal static partial void VmRemoved(ILogger logger, string vm);

    [LoggerMessage(1509, LogLevel.Information, "{Vm}: {Path} emptied at {Bytes} bytes, its last {Kept} are kept beside it")]
    internal static partial void OutputEmptied(ILogger logger, string vm, string path, long bytes, int kept);

    [LoggerMessage(1510, LogLevel.Warning, "{Vm}: {Path} cannot be emptied: {Reason}")]
    internal static partial void OutputNotEmptied(ILogger logger, string vm, string path, string reason);
}
