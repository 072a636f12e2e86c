using MicroVm.EdgeAgent.Vms;

namespace MicroVm.EdgeAgent.Execution;

/// <summary>What a step is executed with.</summary>
/// <param name="Entry">The VM.</param>
/// <param name="Interrupt">The desired state has changed, or the agent stops: what only prepares should end.</param>
/// <param name="Shutdown">The agent stops.</param>
internal sealed record StepContext(VmEntry Entry, CancellationToken Interrupt, CancellationToken Shutdown);
