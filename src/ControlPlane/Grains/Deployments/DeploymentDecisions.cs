using System.Collections.Immutable;
using MicroVm.ControlPlane.Abstractions.Deployments;
using MicroVm.ControlPlane.Abstractions.Devices;
using MicroVm.ControlPlane.Grains.Rollouts;
using MicroVm.Shared.Contracts.Api;
using MicroVm.Shared.Contracts.Reported;

namespace MicroVm.ControlPlane.Grains.Deployments;

/// <summary>What a deployment grain decides: pure functions, no clock, no I/O.</summary>
internal static class DeploymentDecisions
{
    /// <summary>
    /// What applying a spec does. A deployment that is being deleted is finished with first: applying over it makes a new one.
    /// </summary>
    internal static ApplyAction Apply(DeploymentState current, DeploymentSpec wanted, string? expectedETag) =>
        expectedETag is not null && (!current.Exists || expectedETag != current.ETag) ? ApplyAction.Stale
        : !current.Exists ? ApplyAction.Created
        : current.Spec!.HasContentOf(wanted) ? ApplyAction.Unchanged
        : ApplyAction.Updated;

    /// <summary>What deleting does.</summary>
    internal static ApplyAction Delete(DeploymentState current, string? expectedETag) =>
        !current.Exists ? ApplyAction.NotFound
        : expectedETag is not null && expectedETag != current.ETag ? ApplyAction.Stale
        : ApplyAction.Deleted;

    /// <summary>Adds up what the devices say.</summary>
    /// <param name="revision">The revision that they should run.</param>
    /// <param name="standings">Those that are told to run it, or wait for it.</param>
    internal static Rollup RollUp(int revision, IEnumerable<DeviceStanding> standings)
    {
        ImmutableArray<DeviceStanding> assigned = [.. standings.OrderBy(s => s.Device, StringComparer.Ordinal)];
        int updated = assigned.Count(s => IsAt(revision, s) && (s.IsWaiting || s.Phase is not (nameof(VmPhase.Pending) or nameof(VmPhase.Fetching))));
        int ready = assigned.Count(s => IsAt(revision, s) && s.IsReady);
        int failed = assigned.Count(s => IsAt(revision, s) && (s.HasFailed || s.Phase == nameof(VmPhase.BackOff)));
        string state = assigned.Length == 0 ? "NoDevices"
            : failed > 0 ? "Degraded"
            : ready == assigned.Length ? "Complete"
            : "Progressing";
        return new Rollup(
            state,
            assigned.Length,
            updated,
            ready,
            failed,
            [.. assigned.Select(s => new DeploymentDeviceView(s.Device, s.Online, s.ReportedRevision, s.Phase, s.Message))]);
    }

    /// <summary>The good revisions after a rollout came to where it is: the one that is complete is one, those that were left are none.</summary>
    internal static ImmutableArray<GoodRevision> Good(DeploymentState state, RolloutState rollout) => rollout switch
    {
        { Phase: RolloutPhase.Complete } when state.Good.All(good => good.Revision != rollout.Revision) =>
            [.. state.Good.Append(new GoodRevision(rollout.Revision, state.Spec!)).TakeLast(DeploymentState.MaxGood)],
        { IsBack: true } => [.. state.Good.Where(good => good.Revision <= rollout.Fallback)],
        _ => state.Good,
    };

    /// <summary>True when a device may run a revision that uses a secret.</summary>
    internal static bool Uses(DeploymentState state, string secret) => state.Good.Select(good => good.Spec).Prepend(state.Spec).OfType<DeploymentSpec>()
        .SelectMany(spec => spec.Variants.Prepend(spec.Workload))
        .Any(workload => workload.Further?.Secrets.Any(mount => mount.Secret.Value == secret) ?? false);

    /// <summary>The state in one word; see <see cref="DeploymentView.State"/>.</summary>
    internal static string StateOf(RolloutState? rollout, bool byWaves, string devices) =>
        rollout is null ? devices
        : rollout.IsBack ? rollout.Phase.ToString()
        : rollout.IsPaused ? "Paused"
        : rollout.Phase == RolloutPhase.AwaitingApproval ? rollout.Phase.ToString()
        : byWaves && rollout.IsActive && devices != "NoDevices" ? "Progressing"
        : devices;

    private static bool IsAt(int revision, DeviceStanding standing) => standing.ReportedRevision == revision;
}
