using MicroVm.Shared.Identity;

namespace MicroVm.EdgeAgent.Planning.Steps;

/// <summary>Stop the VM's process, first by asking.</summary>
/// <param name="Vm">The VM.</param>
/// <param name="Reason">Why, for the log.</param>
internal sealed record StopVmStep(ResourceName Vm, string Reason) : PlanStep(Vm);
