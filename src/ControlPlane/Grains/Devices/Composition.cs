using System.Collections.Immutable;

namespace MicroVm.ControlPlane.Grains.Devices;

/// <summary>What merging all claims on a device gives.</summary>
/// <param name="Document">The desired state; the same as before when nothing that the device sees changed.</param>
/// <param name="Refusals">Why a deployment's VM is not in it, by deployment name.</param>
internal sealed record Composition(DesiredDocument Document, ImmutableSortedDictionary<string, string> Refusals);
