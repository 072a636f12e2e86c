using MicroVm.Shared.Contracts.Telemetry;

namespace MicroVm.EdgeAgent.Store;

/// <summary>How much is in the telemetry spool.</summary>
/// <param name="Bytes">Payload bytes.</param>
/// <param name="Rows">Batches.</param>
/// <param name="Losses">What was dropped so far.</param>
internal readonly record struct SpoolUsage(long Bytes, long Rows, TelemetryLosses Losses = default);
