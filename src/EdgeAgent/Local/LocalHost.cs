using MicroVm.EdgeAgent.Interop;
using MicroVm.EdgeAgent.Telemetry;

namespace MicroVm.EdgeAgent.Local;

/// <summary>The device under the agent as somebody on it sees it.</summary>
/// <param name="Now">Its clock.</param>
/// <param name="IsClockSynchronised">Something keeps the clock right; null when the kernel does not say.</param>
/// <param name="Memory">Memory; null when the kernel does not say.</param>
/// <param name="VmBudgetMib">What VMs and their VMMs may have, in MiB.</param>
/// <param name="VmFreeMib">What of it no VM that runs holds.</param>
/// <param name="AgentResidentBytes">What the agent itself holds.</param>
/// <param name="Disk">Room at the data directory; null when the kernel does not say.</param>
internal sealed record LocalHost(
    DateTimeOffset Now, bool? IsClockSynchronised, MemoryInfo? Memory, long VmBudgetMib, long VmFreeMib, ulong AgentResidentBytes, FileSystemSpace? Disk);
