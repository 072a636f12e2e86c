namespace MicroVm.EdgeAgent.Vms;

/// <summary>One VMM process. Pid, start time and kernel boot id together name a process for ever; a pid alone is used again.</summary>
/// <param name="Id">Made anew for each start.</param>
/// <param name="Pid">Process id of the VMM.</param>
/// <param name="StartTicks">Start time in clock ticks since boot: field 22 of <c>/proc/PID/stat</c>.</param>
/// <param name="KernelBootId">The host kernel's <c>boot_id</c>.</param>
/// <param name="Cid">vsock context id of the guest.</param>
/// <param name="StartedAt">When it was started.</param>
internal sealed record VmRun(Guid Id, int Pid, ulong StartTicks, string KernelBootId, uint Cid, DateTimeOffset StartedAt);
