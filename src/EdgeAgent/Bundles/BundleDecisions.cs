using MicroVm.EdgeAgent.Desired;
using MicroVm.Shared.Contracts.Desired;
using MicroVm.Shared.Identity;

namespace MicroVm.EdgeAgent.Bundles;

/// <summary>What of a bundle concerns this device: pure functions.</summary>
internal static class BundleDecisions
{
    private const int NamedDevices = 5;

    /// <summary>Each image that a desired state needs on a machine of an architecture, once.</summary>
    internal static IEnumerable<ImageReference> Needed(DesiredState state, string architecture) => state.Vms
        .Select(static spec => spec.Image).Concat(state.Prefetch)
        .Where(image => image.Architecture.Length == 0 || image.Architecture == architecture)
        .DistinctBy(static image => image.Digest);

    /// <summary>What differs for VMs.</summary>
    internal static IReadOnlyList<BundleChange> Changes(DesiredState before, DesiredState after) =>
    [
        .. DesiredChange.Between(before, after).Select(name => new BundleChange(name, Has(before, name) ? Has(after, name) ? "changed" : "removed" : "new"))
            .OrderBy(static change => change.Vm.Value, StringComparer.Ordinal),
    ];

    /// <summary>Devices of a bundle in a few words.</summary>
    internal static string Listed(IReadOnlyList<DeviceId> devices) =>
        string.Join(", ", devices.Take(NamedDevices)) + (devices.Count > NamedDevices ? $" and {devices.Count - NamedDevices} more" : "");

    private static bool Has(DesiredState state, ResourceName name) => state.Vms.Any(spec => spec.Name == name);
}
