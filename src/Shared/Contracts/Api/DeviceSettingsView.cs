namespace MicroVm.Shared.Contracts.Api;

/// <summary>How a device's agent is to behave.</summary>
/// <param name="TelemetryIntervalSeconds">Seconds between samples, 1 to 3,600.</param>
public sealed record DeviceSettingsView(int TelemetryIntervalSeconds);
