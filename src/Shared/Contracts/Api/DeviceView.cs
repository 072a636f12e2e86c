namespace MicroVm.Shared.Contracts.Api;

/// <summary>A device as the control plane knows it.</summary>
/// <param name="Id">Device id.</param>
/// <param name="Online">Whether it is connected now.</param>
/// <param name="LastSeen">Last uplink; null when never.</param>
/// <param name="AgentVersion">Version of its agent.</param>
/// <param name="Architecture"><c>x86_64</c> or <c>aarch64</c>.</param>
/// <param name="CpuCount">Logical processors.</param>
/// <param name="MemoryBytes">Physical memory.</param>
/// <param name="DiskBytes">Size of the agent's file system.</param>
/// <param name="Labels">All labels: the device's own, the operator's, and <c>arch</c> and <c>device</c>, which are always there.</param>
/// <param name="DesiredGeneration">Generation that it should be at.</param>
/// <param name="ObservedGeneration">Generation that its report is about.</param>
/// <param name="Condition">Empty, or one line about what is wrong, such as a device that holds a newer generation.</param>
/// <param name="Vms">Its VMs, ordered by name.</param>
public sealed record DeviceView(
    string Id,
    bool Online,
    DateTimeOffset? LastSeen,
    string AgentVersion,
    string Architecture,
    int CpuCount,
    ulong MemoryBytes,
    ulong DiskBytes,
    IReadOnlyDictionary<string, string> Labels,
    ulong DesiredGeneration,
    ulong ObservedGeneration,
    string Condition,
    IReadOnlyList<VmView> Vms)
{
    /// <summary>Seconds between samples.</summary>
    public int TelemetryIntervalSeconds { get; init; } = Desired.AgentSettings.DefaultTelemetryIntervalSeconds;

    /// <summary>Telemetry that was lost on the device; null when none was.</summary>
    public TelemetryLossView? TelemetryLost { get; init; }

    /// <summary>Its volumes, ordered by VM and name; none of an agent that does not report them.</summary>
    public IReadOnlyList<VolumeView> Volumes { get; init; } = [];
}
