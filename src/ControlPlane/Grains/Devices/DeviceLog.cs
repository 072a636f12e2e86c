using MicroVm.ControlPlane.Abstractions.Devices;
using Microsoft.Extensions.Logging;

namespace MicroVm.ControlPlane.Grains.Devices;

/// <summary>Log lines of devices, ids 1100 to 1199.</summary>
internal static partial class DeviceLog
{
    [LoggerMessage(1100, LogLevel.Information, "device {Device}: registered, {Architecture}, agent {AgentVersion}")]
    internal static partial void Registered(ILogger logger, string device, string architecture, string agentVersion);

    [LoggerMessage(1101, LogLevel.Information, "device {Device}: online, holds generation {Held}, desired is {Desired}")]
    internal static partial void Online(ILogger logger, string device, ulong held, ulong desired);

    [LoggerMessage(1102, LogLevel.Information, "device {Device}: offline")]
    internal static partial void Offline(ILogger logger, string device);

    [LoggerMessage(1103, LogLevel.Information, "device {Device}: desired generation {Generation} with {VmCount} VMs claimed")]
    internal static partial void Changed(ILogger logger, string device, ulong generation, int vmCount);

    [LoggerMessage(1104, LogLevel.Information, "device {Device}: sent generation {Generation}: {Sent}")]
    internal static partial void Sent(ILogger logger, string device, ulong generation, bool sent);

    [LoggerMessage(1105, LogLevel.Warning, "device {Device}: {Condition}")]
    internal static partial void Held(ILogger logger, string device, string condition);

    [LoggerMessage(1106, LogLevel.Warning, "device {Device}: {Kind} dropped as {Verdict}, sequence {Sequence}")]
    internal static partial void Dropped(ILogger logger, string device, string kind, UplinkVerdict verdict, ulong sequence);

    [LoggerMessage(1107, LogLevel.Error, "device {Device}: what it said last cannot be read any more: {Reason}")]
    internal static partial void Unreadable(ILogger logger, string device, string reason);
}
