namespace MicroVm.EdgeAgent.Store;

/// <summary>What was dropped to keep the spool within its limits.</summary>
/// <param name="Batches">Dropped batches.</param>
/// <param name="LogLines">Log lines in them.</param>
internal readonly record struct SpoolEviction(long Batches, ulong LogLines);
