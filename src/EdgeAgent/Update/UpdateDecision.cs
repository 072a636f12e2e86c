using MicroVm.Shared.Contracts.Reported;

namespace MicroVm.EdgeAgent.Update;

/// <summary>The next step and what is reported meanwhile.</summary>
/// <param name="Step">What is done next.</param>
/// <param name="Status">How far the device is.</param>
/// <param name="Reason">Why, for <see cref="UpdateStep.GiveUp"/> and <see cref="UpdateStep.RememberFailure"/>.</param>
/// <param name="After">When to look again, for <see cref="UpdateStep.Wait"/>.</param>
internal sealed record UpdateDecision(UpdateStep Step, AgentStatus Status, string Reason = "", TimeSpan After = default);
