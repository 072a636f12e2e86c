namespace MicroVm.EdgeAgent.Store;

/// <summary>A telemetry batch that is not acknowledged yet.</summary>
/// <param name="Id">Place in the spool, rising; 0 before it is in.</param>
/// <param name="BootId">Boot id of the batch's header.</param>
/// <param name="Sequence">Sequence of the batch's header.</param>
/// <param name="Payload">The encoded batch.</param>
internal sealed record SpooledBatch(long Id, Guid BootId, ulong Sequence, byte[] Payload);
