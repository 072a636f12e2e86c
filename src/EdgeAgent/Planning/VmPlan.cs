using MicroVm.EdgeAgent.Planning.Steps;

namespace MicroVm.EdgeAgent.Planning;

/// <summary>What to do about one VM now.</summary>
/// <param name="Steps">In this order; a step that is not done ends the plan.</param>
/// <param name="LookAgainAfter">When to plan again although nothing happens; null when that is not needed.</param>
internal sealed record VmPlan(IReadOnlyList<PlanStep> Steps, TimeSpan? LookAgainAfter)
{
    /// <summary>Nothing hinders the VM: what was said to do so is over.</summary>
    public bool IsUnhindered { get; init; }

    /// <summary>Nothing to do.</summary>
    internal static VmPlan Nothing { get; } = new([], null) { IsUnhindered = true };

    /// <summary>Steps to do now.</summary>
    internal static VmPlan Of(params PlanStep[] steps) => new(steps, null);

    /// <summary>Nothing to do before a time has passed.</summary>
    internal static VmPlan Wait(TimeSpan delay) => new([], delay);

    /// <summary>Nothing but its own time is waited for.</summary>
    /// <param name="delay">When to look again.</param>
    /// <param name="steps">What to note.</param>
    internal static VmPlan WaitForTime(TimeSpan delay, params PlanStep[] steps) => new(steps, delay) { IsUnhindered = true };
}
