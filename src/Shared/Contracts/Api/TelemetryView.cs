namespace MicroVm.Shared.Contracts.Api;

/// <summary>One look at a device and its VMs.</summary>
/// <param name="Device">Device id.</param>
/// <param name="At">Device's clock.</param>
/// <param name="CpuPermille">1,000 is all processors.</param>
/// <param name="MemoryUsedBytes">Memory in use.</param>
/// <param name="MemoryTotalBytes">Physical memory.</param>
/// <param name="DiskUsedBytes">Used space of the agent's file system.</param>
/// <param name="DiskTotalBytes">Size of it.</param>
/// <param name="UptimeSeconds">Since the device booted.</param>
/// <param name="AgentResidentBytes">Resident memory of the agent.</param>
/// <param name="Vms">The VMs at that time, ordered by name.</param>
public sealed record TelemetryView(
    string Device,
    DateTimeOffset At,
    int CpuPermille,
    ulong MemoryUsedBytes,
    ulong MemoryTotalBytes,
    ulong DiskUsedBytes,
    ulong DiskTotalBytes,
    ulong UptimeSeconds,
    ulong AgentResidentBytes,
    IReadOnlyList<VmSampleView> Vms);
