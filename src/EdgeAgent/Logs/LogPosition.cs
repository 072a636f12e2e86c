namespace MicroVm.EdgeAgent.Logs;

/// <summary>The last line of a guest's that is kept; lines up to it are repeats.</summary>
/// <param name="Run">The run: each guest boot counts its lines anew.</param>
/// <param name="Sequence">Sequence of the line; 0 for none yet.</param>
internal readonly record struct LogPosition(Guid Run, ulong Sequence);
