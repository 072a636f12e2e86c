using System.Collections.Immutable;

namespace MicroVm.ControlPlane.Abstractions.Devices;

/// <summary>The labels that an operator gave a device.</summary>
/// <param name="Labels">Names and values.</param>
/// <param name="Version">Rises with every change; what an ETag is made of.</param>
[GenerateSerializer]
[Immutable]
public sealed record DeviceLabels([property: Id(0)] ImmutableSortedDictionary<string, string> Labels, [property: Id(1)] long Version);
