using System.Collections.Immutable;
using MicroVm.ControlPlane.Abstractions.Deployments;
using MicroVm.ControlPlane.Abstractions.Devices;
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

    /// <summary>What a device has to be told.</summary>
    internal static Placement Place(DeploymentState current, DeviceStanding standing) =>
        !current.Exists || !current.Spec!.Selector.Matches(standing.Labels)
            ? standing.AssignedRevision == 0 ? Placement.Keep : Placement.Unassign
            : standing.AssignedRevision == current.Revision ? Placement.Keep : Placement.Assign;

    /// <summary>Adds up what the devices say. A device that is not told to run it any more does not count.</summary>
    internal static Rollup RollUp(int revision, IEnumerable<DeviceStanding> standings)
    {
        ImmutableArray<DeviceStanding> assigned =
            [.. standings.Where(s => s.AssignedRevision > 0).OrderBy(s => s.Device, StringComparer.Ordinal)];
        int updated = assigned.Count(s => IsAt(revision, s) && s.Phase is not (nameof(VmPhase.Pending) or nameof(VmPhase.Fetching)));
        int ready = assigned.Count(s => IsAt(revision, s) && s.Phase is (nameof(VmPhase.Running) or nameof(VmPhase.Completed)));
        int failed = assigned.Count(s => IsAt(revision, s) && s.Phase is (nameof(VmPhase.Failed) or nameof(VmPhase.BackOff)));
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

    private static bool IsAt(int revision, DeviceStanding standing) => standing.ReportedRevision == revision;
}
