using MicroVm.Shared.Identity;

namespace MicroVm.EdgeAgent.Planning.Steps;

/// <summary>One thing to do about a VM. Data only; an executor does it.</summary>
/// <param name="Vm">The VM.</param>
internal abstract record PlanStep(ResourceName Vm);
