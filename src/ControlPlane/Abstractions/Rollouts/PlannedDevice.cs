namespace MicroVm.ControlPlane.Abstractions.Rollouts;

/// <summary>What applying a spec would do to one device.</summary>
/// <param name="Device">Device id.</param>
/// <param name="Wave">The wave in words; empty when it is told in none.</param>
/// <param name="Change">What happens, in words.</param>
/// <param name="Online">Whether it is connected.</param>
[GenerateSerializer]
[Immutable]
public sealed record PlannedDevice(
    [property: Id(0)] string Device, [property: Id(1)] string Wave, [property: Id(2)] string Change, [property: Id(3)] bool Online);
