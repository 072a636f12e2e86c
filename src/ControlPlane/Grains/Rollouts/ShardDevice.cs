using MicroVm.ControlPlane.Abstractions.Devices;

namespace MicroVm.ControlPlane.Grains.Rollouts;

/// <summary>A device as its shard knows it.</summary>
/// <param name="Standing">How the deployment stands on it.</param>
/// <param name="Admission">What is noted of it; null when nothing is.</param>
[GenerateSerializer]
[Immutable]
internal sealed record ShardDevice([property: Id(0)] DeviceStanding Standing, [property: Id(1)] Admission? Admission);
