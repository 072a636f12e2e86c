using System.Text.Json;

namespace MicroVm.Shared.Contracts.Api;

/// <summary>A deployment and how far it is.</summary>
/// <param name="Name">Deployment name.</param>
/// <param name="Revision">Counted from 1, rises with each changed manifest.</param>
/// <param name="Spec">The manifest's <c>spec</c> as applied.</param>
/// <param name="State">
/// <c>NoDevices</c>, <c>Progressing</c>, <c>Complete</c> or <c>Degraded</c>; while a rollout by waves is in another state, that:
/// <c>Paused</c>, <c>AwaitingApproval</c>, <c>RollingBack</c> or <c>RolledBack</c>.
/// </param>
/// <param name="Targeted">Devices that the selector matches.</param>
/// <param name="Updated">Devices that run this revision (after a rollback: the good one) or have ended it.</param>
/// <param name="Ready">Devices on which the VM of this revision runs and is ready, has ended well, or waits for its schedule.</param>
/// <param name="Failed">Devices on which it is Failed, in BackOff, or has ended badly.</param>
/// <param name="UpdatedAt">When this revision was applied.</param>
/// <param name="Devices">One entry per targeted device, ordered by id.</param>
public sealed record DeploymentView(
    string Name,
    int Revision,
    JsonElement Spec,
    string State,
    int Targeted,
    int Updated,
    int Ready,
    int Failed,
    DateTimeOffset UpdatedAt,
    IReadOnlyList<DeploymentDeviceView> Devices)
{
    /// <summary>How the revision spreads.</summary>
    public RolloutView? Rollout { get; init; }
}
