using Microsoft.Extensions.Logging;

namespace MicroVm.EdgeAgent.Diagnostics;

internal static partial class Log
{
    [LoggerMessage(2000, LogLevel.Warning, "{Vm}: port {Port} of the device is published, but a process of the host took it meanwhile")]
    internal static partial void PortTaken(ILogger logger, string vm, int port);

    [LoggerMessage(2001, LogLevel.Warning, "the network of VMs is not as it should be: {Reason}")]
    internal static partial void NetworkNotSettled(ILogger logger, string reason);

    [LoggerMessage(2002, LogLevel.Information, "removed the tap {Tap}, which no VM uses")]
    internal static partial void StrayTapRemoved(ILogger logger, string tap);

    [LoggerMessage(2003, LogLevel.Warning, "{Vm}: starts without a network: {Reason}")]
    internal static partial void WithoutNetwork(ILogger logger, string vm, string reason);

    [LoggerMessage(2004, LogLevel.Warning, "VMs have no name server: {Reason}")]
    internal static partial void NoNameServer(ILogger logger, string reason);

    [LoggerMessage(2005, LogLevel.Warning, "the rules of VM networks were removed by somebody else: they are put into force again")]
    internal static partial void RulesLost(ILogger logger);

    [LoggerMessage(2010, LogLevel.Information, "{Vm}: made the volume {Volume}, {Mib} MiB")]
    internal static partial void VolumeMade(ILogger logger, string vm, string volume, int mib);

    [LoggerMessage(2011, LogLevel.Information, "{Vm}: the volume {Volume} has grown to {Mib} MiB")]
    internal static partial void VolumeGrown(ILogger logger, string vm, string volume, int mib);

    [LoggerMessage(2012, LogLevel.Information, "{Vm}: deleted the volume {Volume}")]
    internal static partial void VolumeDeleted(ILogger logger, string vm, string volume);
}
