using MicroVm.Shared.Contracts.Desired;

namespace MicroVm.EdgeAgent.Vms;

/// <summary>What a VMM is started with.</summary>
/// <param name="Spec">The VM.</param>
/// <param name="Cid">Its vsock context id.</param>
/// <param name="ImagePath">Its root file system.</param>
/// <param name="Resources">What it has of the device.</param>
internal sealed record VmLaunch(VmSpec Spec, uint Cid, string ImagePath, VmResources Resources);
