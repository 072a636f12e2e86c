using MicroVm.Shared.Identity;

namespace MicroVm.EdgeAgent.Store;

/// <summary>The last log line of a VM's run that is durable on the device; lines up to it are repeats.</summary>
/// <param name="Vm">The VM.</param>
/// <param name="RunId">The run; each guest boot counts its lines anew.</param>
/// <param name="Sequence">Sequence of the line.</param>
internal sealed record LogPosition(ResourceName Vm, Guid RunId, ulong Sequence);
