namespace MicroVm.Shared.Contracts.Api;

/// <summary>How a revision spreads.</summary>
/// <param name="Revision">Revision that spreads or spread.</param>
/// <param name="GoodRevision">Revision that devices go back to; 0 when there is none.</param>
/// <param name="Phase"><c>Progressing</c>, <c>Soaking</c>, <c>AwaitingApproval</c>, <c>RollingBack</c>, <c>RolledBack</c> or <c>Complete</c>.</param>
/// <param name="IsPaused">Whether no further device is told.</param>
/// <param name="Reason">Why it is paused or went back; empty when there is nothing to say.</param>
/// <param name="Wave">Current wave, from 1.</param>
/// <param name="Waves">Number of waves, the canary and the last one included.</param>
/// <param name="WaveName">The wave in words.</param>
/// <param name="Devices">Devices that the selector matches.</param>
/// <param name="Online">Connected ones.</param>
/// <param name="OnTheirWay">Told and not healthy yet.</param>
/// <param name="Away">Told, away and not waited for.</param>
/// <param name="Healthy">Healthy in the revision.</param>
/// <param name="Failed">Failed in the revision.</param>
/// <param name="StartedAt">When this try began.</param>
/// <param name="SoakUntil">When soaking is over; null while it does not soak.</param>
/// <param name="EndedAt">When it was complete or rolled back; null before.</param>
public sealed record RolloutView(
    int Revision,
    int GoodRevision,
    string Phase,
    bool IsPaused,
    string Reason,
    int Wave,
    int Waves,
    string WaveName,
    int Devices,
    int Online,
    int OnTheirWay,
    int Away,
    int Healthy,
    int Failed,
    DateTimeOffset StartedAt,
    DateTimeOffset? SoakUntil,
    DateTimeOffset? EndedAt);
