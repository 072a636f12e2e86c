using MicroVm.Shared.Contracts.Desired;
using MicroVm.Shared.Identity;

namespace MicroVm.EdgeAgent.Desired;

/// <summary>What differs between two desired states.</summary>
internal static class DesiredChange
{
    /// <summary>Names of the VMs that came, went or have another specification.</summary>
    internal static IReadOnlyList<ResourceName> Between(DesiredState before, DesiredState after)
    {
        Dictionary<ResourceName, Digest> earlier = before.Vms.ToDictionary(spec => spec.Name, spec => spec.ContentDigest());
        Dictionary<ResourceName, Digest> later = after.Vms.ToDictionary(spec => spec.Name, spec => spec.ContentDigest());
        return [.. earlier.Keys.Union(later.Keys).Where(name =>
            !earlier.TryGetValue(name, out Digest was) || !later.TryGetValue(name, out Digest now) || was != now)];
    }
}
