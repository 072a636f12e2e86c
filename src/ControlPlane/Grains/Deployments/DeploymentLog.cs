using MicroVm.ControlPlane.Abstractions.Deployments;
using Microsoft.Extensions.Logging;

namespace MicroVm.ControlPlane.Grains.Deployments;

/// <summary>Log lines of deployments, ids 1200 to 1299.</summary>
internal static partial class DeploymentLog
{
    [LoggerMessage(1200, LogLevel.Information, "deployment {Deployment}: {Action}, revision {Revision}, {DeviceCount} devices")]
    internal static partial void Applied(ILogger logger, string deployment, ApplyAction action, int revision, int deviceCount);

    [LoggerMessage(1201, LogLevel.Information, "deployment {Deployment}: deleted, taken from {DeviceCount} devices")]
    internal static partial void Deleted(ILogger logger, string deployment, int deviceCount);

    [LoggerMessage(1202, LogLevel.Information, "deployment {Deployment}: device {Device}: {Placement}")]
    internal static partial void Placed(ILogger logger, string deployment, string device, Placement placement);
}
