using MicroVm.Shared.Contracts.Desired;
using MicroVm.Shared.Contracts.Releases;
using MicroVm.Shared.Contracts.Reported;

namespace MicroVm.EdgeAgent.Bundles;

/// <summary>The agent that a bundle's desired state names.</summary>
/// <param name="Target">It.</param>
/// <param name="Standing">How the device stands to it, before anything of the bundle is taken.</param>
/// <param name="Manifest">Its verified manifest; null when it is not in the bundle.</param>
internal sealed record BundleRelease(AgentTarget Target, AgentStatus Standing, AgentManifest? Manifest)
{
    /// <summary>It is in the bundle, and the device has use for it.</summary>
    public bool IsTaken => Manifest is not null && Standing.Phase == AgentPhase.Fetching;
}
