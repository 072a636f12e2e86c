using MicroVm.Shared.Identity;

namespace MicroVm.EdgeAgent.Planning.Steps;

/// <summary>Forget a VM that does not run and is not desired.</summary>
internal sealed record RemoveVmStep(ResourceName Vm) : PlanStep(Vm);
