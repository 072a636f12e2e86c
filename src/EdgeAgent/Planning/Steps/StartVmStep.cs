using MicroVm.Shared.Contracts.Desired;

namespace MicroVm.EdgeAgent.Planning.Steps;

/// <summary>Start the VM; its image is there.</summary>
internal sealed record StartVmStep(VmSpec Spec) : PlanStep(Spec.Name);
