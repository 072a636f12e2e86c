using MicroVm.Shared.Contracts.Desired;
using MicroVm.Shared.Identity;

namespace MicroVm.EdgeAgent.Planning.Steps;

/// <summary>Download and verify the image of the desired specification.</summary>
/// <param name="Vm">The VM.</param>
/// <param name="Image">Its image.</param>
/// <param name="GiveWayAfter">When something else is to be done about the VM, after which the download goes on where it was; null for nothing.</param>
internal sealed record FetchImageStep(ResourceName Vm, ImageReference Image, TimeSpan? GiveWayAfter = null) : PlanStep(Vm);
