using MicroVm.ControlPlane.Abstractions.Events;

namespace MicroVm.ControlPlane.Grains.Rollouts;

/// <summary>What operators hear of a rollout. Pure.</summary>
internal static class RolloutEvents
{
    /// <summary>The event of a rollout that went from one state to another; null when it is no news.</summary>
    /// <param name="deployment">Name of the deployment.</param>
    /// <param name="before">The state before; null when there was none.</param>
    /// <param name="after">The state now.</param>
    internal static FleetEvent? Between(string deployment, RolloutState? before, RolloutState after)
    {
        string what = $"deployment '{deployment}', revision {after.Revision}";
        string why = after.Reason.Length == 0 ? "" : $": {after.Reason}";
        return before?.Attempt != after.Attempt ? new FleetEvent("", false, "RolloutStarted", what)
            : after.IsPaused && !before.IsPaused ? new FleetEvent("", true, "RolloutPaused", what + why)
            : before.IsPaused && !after.IsPaused ? new FleetEvent("", false, "RolloutResumed", what)
            : before.Phase == after.Phase ? null
            : after.Phase switch
            {
                RolloutPhase.Complete => new FleetEvent("", false, "RolloutComplete", what),
                RolloutPhase.AwaitingApproval => new FleetEvent("", false, "RolloutAwaitingApproval", what),
                RolloutPhase.RollingBack => new FleetEvent("", true, "RolloutRollingBack", $"{what} goes back to revision {after.Fallback}{why}"),
                RolloutPhase.RolledBack => new FleetEvent("", true, "RolledBack", $"{what} went back to revision {after.Fallback}{why}"),
                _ => null,
            };
    }
}
