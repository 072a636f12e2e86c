namespace MicroVm.ControlPlane.Abstractions.Devices;

/// <summary>How a device's agent is to behave.</summary>
/// <param name="TelemetryIntervalSeconds">Seconds between samples.</param>
/// <param name="Version">Rises with every change.</param>
/// <param name="Changed">False when a change was not made because its version was not the expected one.</param>
[GenerateSerializer]
[Immutable]
public sealed record DeviceSettings(
    [property: Id(0)] int TelemetryIntervalSeconds, [property: Id(1)] long Version, [property: Id(2)] bool Changed = false);
