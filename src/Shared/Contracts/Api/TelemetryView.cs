namespace MicroVm.Shared.Contracts.Api;

/// <summary>One look at a device and its VMs.</summary>
/// <param name="Device">Device id.</param>
/// <param name="At">When, by the device's clock, corrected where that was wrong and it could be.</param>
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
    IReadOnlyList<VmSampleView> Vms)
{
    /// <summary>How far <see cref="At"/> can be believed: <c>Synchronised</c>, <c>Corrected</c>, <c>Unsynchronised</c>, <c>NotSet</c> or <c>Unknown</c>.</summary>
    public string Clock { get; init; } = "";

    /// <summary>The agent's start that took it: it is made anew whenever the agent starts. Null when its batch is not kept any more.</summary>
    public Guid? BootId { get; init; }

    /// <summary>The batch in which it came: rises within one <see cref="BootId"/>, with gaps, because other messages are numbered too. No pair comes twice.</summary>
    public ulong Sequence { get; init; }

    /// <summary>Use of each processor; empty when it is not known.</summary>
    public IReadOnlyList<int> CoreCpuPermille { get; init; } = [];

    /// <summary>Part of ten seconds in which something waited for a processor, in hundredths of a percent.</summary>
    public int PressureCpu { get; init; }

    /// <summary>The same for memory.</summary>
    public int PressureMemory { get; init; }

    /// <summary>Part in which everything waited for memory.</summary>
    public int PressureMemoryFull { get; init; }

    /// <summary>Part in which something waited for a disk.</summary>
    public int PressureIo { get; init; }

    /// <summary>Part in which everything waited for a disk.</summary>
    public int PressureIoFull { get; init; }

    /// <summary>Thousandths of a degree Celsius; null without a sensor.</summary>
    public int? TemperatureMilliCelsius { get; init; }

    /// <summary>Bytes received over the device's own links since it booted.</summary>
    public ulong NetworkReceivedBytes { get; init; }

    /// <summary>Bytes sent over them.</summary>
    public ulong NetworkSentBytes { get; init; }
}
