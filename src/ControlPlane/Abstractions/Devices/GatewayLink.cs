namespace MicroVm.ControlPlane.Abstractions.Devices;

/// <summary>Where a device is connected.</summary>
/// <param name="Gateway">The gateway that holds the connection.</param>
/// <param name="Connection">Ordinal of the connection; a later connection has a higher one.</param>
[GenerateSerializer]
[Immutable]
public sealed record GatewayLink([property: Id(0)] IDeviceGateway Gateway, [property: Id(1)] long Connection);
