using MicroVm.ControlPlane.Abstractions.Deployments;
using MicroVm.ControlPlane.Abstractions.Rollouts;
using MicroVm.ControlPlane.Grains.Rollouts;
using Microsoft.Extensions.Logging;

namespace MicroVm.ControlPlane.Grains.Deployments;

/// <summary>Log lines of deployments, ids 1200 to 1299.</summary>
internal static partial class DeploymentLog
{
    [LoggerMessage(1200, LogLevel.Information, "deployment {Deployment}: {Action}, revision {Revision}, {DeviceCount} devices")]
    internal static partial void Applied(ILogger logger, string deployment, ApplyAction action, int revision, int deviceCount);

    [LoggerMessage(1201, LogLevel.Information, "deployment {Deployment}: deleted, taken from {DeviceCount} devices")]
    internal static partial void Deleted(ILogger logger, string deployment, int deviceCount);

    [LoggerMessage(1202, LogLevel.Information, "deployment {Deployment}: device {Device}: told revision {Revision}, removed {IsRemoved}")]
    internal static partial void Ordered(ILogger logger, string deployment, string device, int revision, bool isRemoved);

    [LoggerMessage(1203, LogLevel.Information, "deployment {Deployment}: rollout of revision {Revision}: {Phase}, wave {Wave} {Reason}")]
    internal static partial void Moved(ILogger logger, string deployment, int revision, RolloutPhase phase, int wave, string reason);

    [LoggerMessage(1204, LogLevel.Information, "deployment {Deployment}: rollout of revision {Revision}: {Verb} by an operator")]
    internal static partial void Commanded(ILogger logger, string deployment, RolloutVerb verb, int revision);

    [LoggerMessage(1205, LogLevel.Warning, "deployment {Deployment}: the rollout could not go on and will be tried again: {Fault}")]
    internal static partial void StepFailed(ILogger logger, string deployment, string fault);
}
