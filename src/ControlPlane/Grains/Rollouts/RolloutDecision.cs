namespace MicroVm.ControlPlane.Grains.Rollouts;

/// <summary>What a look at a rollout gives.</summary>
/// <param name="State">The rollout from now on; to be kept before the orders are carried out.</param>
/// <param name="Orders">What is to be done, in any order.</param>
/// <param name="Counts">How its devices stand.</param>
/// <param name="LookAgain">When to look again although nothing happens; null when that is not needed.</param>
internal sealed record RolloutDecision(
    RolloutState State, IReadOnlyList<RolloutOrder> Orders, RolloutCounts Counts, TimeSpan? LookAgain);
