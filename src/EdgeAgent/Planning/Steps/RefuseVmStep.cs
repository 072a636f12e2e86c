using MicroVm.Shared.Contracts.Desired;

namespace MicroVm.EdgeAgent.Planning.Steps;

/// <summary>Say that the VM cannot run on this device; what runs under its name goes on.</summary>
/// <param name="Spec">The specification that cannot run.</param>
/// <param name="Reason">One word in CamelCase, as in a VM's status.</param>
/// <param name="Message">One line for people.</param>
internal sealed record RefuseVmStep(VmSpec Spec, string Reason, string Message) : PlanStep(Spec.Name);
