using MicroVm.ControlPlane.Abstractions.Rollouts;
using MicroVm.Shared.Contracts.Api;

namespace MicroVm.ControlPlane.Grains.Rollouts;

/// <summary>Turns a rollout into what the API shows.</summary>
internal static class RolloutViews
{
    internal static RolloutView Of(RolloutState state, RolloutStrategy? strategy, RolloutCounts counts) => new(
        state.Revision,
        state.Fallback,
        state.Phase.ToString(),
        state.IsPaused,
        state.Reason,
        state.Wave + 1,
        strategy?.WaveCount ?? 1,
        strategy?.NameOf(state.Wave) ?? "all at once",
        counts.Devices,
        counts.Online,
        counts.OnTheirWay,
        counts.Away,
        counts.Healthy,
        counts.Failed,
        state.StartedAt,
        state.Phase == RolloutPhase.Soaking ? state.SoakUntil : null,
        state.EndedAt);
}
