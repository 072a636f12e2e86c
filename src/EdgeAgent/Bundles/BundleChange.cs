using MicroVm.Shared.Identity;

namespace MicroVm.EdgeAgent.Bundles;

/// <summary>What a bundle means for one VM.</summary>
/// <param name="Vm">The VM.</param>
/// <param name="Kind"><c>new</c>, <c>changed</c> or <c>removed</c>.</param>
internal sealed record BundleChange(ResourceName Vm, string Kind);
