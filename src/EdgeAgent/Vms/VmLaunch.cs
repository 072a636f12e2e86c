using MicroVm.Shared.Contracts.Desired;

namespace MicroVm.EdgeAgent.Vms;

/// <summary>What a VMM is started with.</summary>
/// <param name="Spec">The VM.</param>
/// <param name="Cid">Its vsock context id.</param>
/// <param name="ImagePath">Its root file system.</param>
internal sealed record VmLaunch(VmSpec Spec, uint Cid, string ImagePath);
