using MicroVm.Shared.Contracts.Desired;

namespace MicroVm.EdgeAgent.Planning.Steps;

/// <summary>Start the VM; its image is there.</summary>
/// <param name="Spec">What runs.</param>
/// <param name="IsStandIn">It runs until the desired one can: what is said of that stays.</param>
internal sealed record StartVmStep(VmSpec Spec, bool IsStandIn = false) : PlanStep(Spec.Name);
