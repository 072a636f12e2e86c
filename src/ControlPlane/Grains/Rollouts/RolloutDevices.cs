using MicroVm.ControlPlane.Abstractions.Deployments;
using MicroVm.ControlPlane.Abstractions.Devices;
using MicroVm.ControlPlane.Abstractions.Rollouts;

namespace MicroVm.ControlPlane.Grains.Rollouts;

/// <summary>Makes what a rollout sees of what a device says.</summary>
internal static class RolloutDevices
{
    /// <summary>A device as a rollout sees it.</summary>
    /// <param name="standing">How the deployment stands on it, with its labels.</param>
    /// <param name="spec">What is wanted; null while there is no such deployment.</param>
    /// <param name="revision">The revision that spreads.</param>
    /// <param name="admission">What is noted of it.</param>
    internal static RolloutDevice Of(DeviceStanding standing, DeploymentSpec? spec, int revision, Admission? admission) => new()
    {
        Device = standing.Device,
        Order = WaveDecisions.Order(standing.Device, revision),
        IsOnline = standing.Online,
        Assigned = standing.AssignedRevision,
        Reported = standing.ReportedRevision,
        IsReady = standing.IsReady,
        HasFailed = standing.HasFailed,
        Restarts = standing.Restarts,
        Message = standing.Message,
        IsCanary = spec?.Strategy?.Canary?.Selector?.Matches(standing.Labels) ?? false,
        Zone = standing.Labels.GetValueOrDefault(MaintenanceWindows.ZoneLabel) ?? "",
        Prefetching = standing.PrefetchRevision,
        HasImage = standing.IsPrefetched,
        Admission = admission,
    };
}
