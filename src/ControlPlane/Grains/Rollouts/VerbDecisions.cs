using MicroVm.ControlPlane.Abstractions.Rollouts;

namespace MicroVm.ControlPlane.Grains.Rollouts;

/// <summary>What an operator's verb does to a rollout: pure functions.</summary>
internal static class VerbDecisions
{
    /// <summary>Applies a verb.</summary>
    /// <param name="state">The rollout.</param>
    /// <param name="strategy">How it spreads; null for all at once.</param>
    /// <param name="verb">What the operator wants.</param>
    /// <param name="previous">The good revision before the one that is complete; 0 when there is none.</param>
    /// <param name="now">The time.</param>
    /// <param name="refusal">Why it cannot be done; empty when it is.</param>
    /// <returns>The rollout after it; the same when it is refused.</returns>
    internal static RolloutState Apply(
        RolloutState state, RolloutStrategy? strategy, RolloutVerb verb, int previous, DateTimeOffset now, out string refusal)
    {
        refusal = Refusal(state, verb, previous);
        return refusal.Length > 0 ? state : verb switch
        {
            RolloutVerb.Pause => state with { IsPaused = true, Reason = "paused by an operator" },
            RolloutVerb.Resume when state.Phase == RolloutPhase.RolledBack => RolloutDecisions.Begin(state, state.Revision, state.Fallback, now),
            RolloutVerb.Resume => state with { IsPaused = false, Reason = "", ForgivenAt = now },
            RolloutVerb.Promote => state with
            {
                IsPromoted = true,
                IsPaused = false,
                Reason = "",
                Wave = (strategy?.WaveCount ?? 1) - 1,
                Phase = RolloutPhase.Progressing,
                WaveStartedAt = now,
            },
            RolloutVerb.Approve => state with { IsApproved = true },
            RolloutVerb.Rollback when state.Phase == RolloutPhase.Complete => GoBack(state with { Fallback = previous }, "rolled back by an operator"),
            _ => GoBack(state, verb == RolloutVerb.Abort ? "aborted by an operator" : "rolled back by an operator"),
        };
    }

    private static RolloutState GoBack(RolloutState state, string reason) =>
        state with { Phase = RolloutPhase.RollingBack, IsPaused = false, EndedAt = null, Reason = reason };

    private static string Refusal(RolloutState state, RolloutVerb verb, int previous)
    {
        string found = $"found one that is {(state.IsPaused ? "paused" : state.Phase)}";
        return verb switch
        {
            RolloutVerb.Pause when !state.IsActive || state.IsPaused => $"pause: expected a rollout that goes on, {found}",
            RolloutVerb.Resume when !state.IsPaused && state.Phase != RolloutPhase.RolledBack => $"resume: expected a rollout that is paused or rolled back, {found}",
            RolloutVerb.Promote when !state.IsActive => $"promote: expected a rollout that goes on, {found}",
            RolloutVerb.Approve when state.Phase != RolloutPhase.AwaitingApproval || state.IsPaused => $"approve: expected a rollout that awaits approval, {found}",
            RolloutVerb.Abort when !state.IsActive => $"abort: expected a rollout that goes on, {found}",
            RolloutVerb.Rollback when state.IsBack => $"rollback: expected a rollout that goes on or is complete, {found}",
            RolloutVerb.Rollback when state.Phase == RolloutPhase.Complete && previous == 0 => "rollback: expected a good revision before this one, found none",
            RolloutVerb.Abort or RolloutVerb.Rollback when state.IsActive && state.Fallback == 0 =>
                $"{(verb == RolloutVerb.Abort ? "abort" : "rollback")}: expected a good revision to go back to, found none; pause it, or delete the deployment",
            _ => "",
        };
    }
}
