namespace MicroVm.Shared.Contracts.Api;

/// <summary>What a device has had to drop of its telemetry before it could deliver it, since it was set up.</summary>
/// <param name="Samples">Samples of the device and of VMs.</param>
/// <param name="Metrics">Points of workloads' metrics.</param>
/// <param name="Events">Events.</param>
public sealed record TelemetryLossView(ulong Samples, ulong Metrics, ulong Events);
