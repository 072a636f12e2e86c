namespace MicroVm.EdgeAgent.Store;

/// <summary>A telemetry batch that is not acknowledged yet.</summary>
/// <param name="Id">Place in the spool, rising; 0 before it is in.</param>
/// <param name="BootId">Boot id of the batch's header.</param>
/// <param name="Sequence">Sequence of the batch's header.</param>
/// <param name="LogLines">Log lines that are lost when the batch is: those in it and those that it says were dropped before.</param>
/// <param name="Payload">The encoded batch.</param>
internal sealed record SpooledBatch(long Id, Guid BootId, ulong Sequence, ulong LogLines, byte[] Payload);
