namespace MicroVm.EdgeAgent.Vms.Control;

/// <summary>An answer of the VMM's API.</summary>
/// <param name="Status">HTTP status.</param>
/// <param name="Body">JSON; empty for none.</param>
internal sealed record VmmAnswer(int Status, ReadOnlyMemory<byte> Body);
