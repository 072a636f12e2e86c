using MicroVm.Shared.Contracts.Desired;
using MicroVm.Shared.Identity;

namespace MicroVm.EdgeAgent.Planning.Steps;

/// <summary>Download and verify the image of the desired specification.</summary>
internal sealed record FetchImageStep(ResourceName Vm, ImageReference Image) : PlanStep(Vm);
