using MicroVm.EdgeAgent.Vms;
using MicroVm.Shared.Identity;

namespace MicroVm.EdgeAgent.Planning.Steps;

/// <summary>Say what a VM waits for.</summary>
/// <param name="Vm">The VM.</param>
/// <param name="Remark">What is said.</param>
internal sealed record RemarkVmStep(ResourceName Vm, VmRemark Remark) : PlanStep(Vm);
