using MicroVm.Shared.Codecs.Cbor;

namespace MicroVm.Shared.Contracts.Telemetry;

/// <summary>One look at the device.</summary>
/// <param name="AtUnixMs">When, in milliseconds since 1970 by the device's clock.</param>
/// <param name="CpuPermille">Use of all processors since the sample before, 0 to 1,000.</param>
/// <param name="MemoryUsedBytes">Memory in use (total less available).</param>
/// <param name="MemoryTotalBytes">Physical memory.</param>
/// <param name="DiskUsedBytes">Used space of the file system that holds the agent's data.</param>
/// <param name="DiskTotalBytes">Size of that file system.</param>
/// <param name="UptimeSeconds">Seconds since the device booted.</param>
/// <param name="AgentResidentBytes">Resident memory of the agent itself.</param>
public sealed record HostSample(
    long AtUnixMs,
    int CpuPermille,
    ulong MemoryUsedBytes,
    ulong MemoryTotalBytes,
    ulong DiskUsedBytes,
    ulong DiskTotalBytes,
    ulong UptimeSeconds,
    ulong AgentResidentBytes)
{
    /// <summary>Use of each processor since the sample before, 0 to 1,000; empty when it is not known.</summary>
    public IReadOnlyList<int> CoreCpuPermille { get; init; } = [];

    /// <summary>What tasks waited for; all zero where the kernel does not say.</summary>
    public PressureSample Pressure { get; init; }

    /// <summary>Temperature of the warmest zone in thousandths of a degree Celsius; null when the device has no sensor.</summary>
    public int? TemperatureMilliCelsius { get; init; }

    /// <summary>Bytes that came in over the device's own links since it booted; bridges and taps of VMs are not among them.</summary>
    public ulong NetworkReceivedBytes { get; init; }

    /// <summary>Bytes that went out over them.</summary>
    public ulong NetworkSentBytes { get; init; }

    /// <summary>How far <see cref="AtUnixMs"/> can be believed.</summary>
    public ClockQuality Clock { get; init; }

    internal static HostSample Read(WireReader reader)
    {
        long at = 0;
        int cpu = 0;
        ulong memoryUsed = 0, memoryTotal = 0, diskUsed = 0, diskTotal = 0, uptime = 0, agent = 0;
        reader.ReadMap(key =>
        {
            switch (key)
            {
                case 1: at = reader.ReadInt64(); return true;
                case 2: cpu = reader.ReadInt32(0, 1000); return true;
                case 3: memoryUsed = reader.ReadUInt64(); return true;
                case 4: memoryTotal = reader.ReadUInt64(); return true;
                case 5: diskUsed = reader.ReadUInt64(); return true;
                case 6: diskTotal = reader.ReadUInt64(); return true;
                case 7: uptime = reader.ReadUInt64(); return true;
                case 8: agent = reader.ReadUInt64(); return true;
                default: return false;
            }
        });
        return new HostSample(at, cpu, memoryUsed, memoryTotal, diskUsed, diskTotal, uptime, agent);
    }

    internal void Write(WireWriter writer) => writer.WriteMap(map =>
    {
        map.Field(1, AtUnixMs);
        map.Field(2, CpuPermille);
        map.Field(3, MemoryUsedBytes);
        map.Field(4, MemoryTotalBytes);
        map.Field(5, DiskUsedBytes);
        map.Field(6, DiskTotalBytes);
        map.Field(7, UptimeSeconds);
        map.Field(8, AgentResidentBytes);
    });
}
