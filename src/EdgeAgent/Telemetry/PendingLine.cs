using MicroVm.Shared.Contracts.Telemetry;

namespace MicroVm.EdgeAgent.Telemetry;

/// <summary>A log line that is in memory only.</summary>
/// <param name="Source">Where it came from.</param>
/// <param name="Sequence">Its number there.</param>
/// <param name="Line">The line.</param>
/// <param name="Bytes">About what it takes in a batch.</param>
internal readonly record struct PendingLine(LogSource Source, ulong Sequence, LogLine Line, int Bytes);
