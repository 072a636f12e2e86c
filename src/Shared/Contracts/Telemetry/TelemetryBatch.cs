using MicroVm.Shared.Contracts.Reported;

namespace MicroVm.Shared.Contracts.Telemetry;

/// <summary>
/// What a device measured and what happened on it since the batch before. The device keeps a batch until it is acknowledged.
/// Written as version 2; version 1, which had a map for each sample, is read as well.
/// </summary>
public sealed partial record TelemetryBatch
{
    /// <summary>Boot id and sequence; what an acknowledgement names.</summary>
    public required UplinkHeader Header { get; init; }

    /// <summary>Samples of the device.</summary>
    public IReadOnlyList<HostSample> Hosts { get; init; } = [];

    /// <summary>Samples of VMs, each VM's in order.</summary>
    public IReadOnlyList<VmSample> Vms { get; init; } = [];

    /// <summary>What workloads measured, each series in order.</summary>
    public IReadOnlyList<MetricPoint> Metrics { get; init; } = [];

    /// <summary>What happened on the device, oldest first.</summary>
    public IReadOnlyList<DeviceEvent> Events { get; init; } = [];

    /// <summary>Log lines, which only agents of before sessions send, in version 1.</summary>
    public IReadOnlyList<LogLine> Logs { get; init; } = [];

    /// <summary>Log lines that were lost on such a device.</summary>
    public ulong DroppedLogLines { get; init; }

    /// <summary>The device's clock at the first row, in milliseconds since 1970. All rows are by this clock: it was not set in between. 0 in version 1.</summary>
    public long BaseUnixMs { get; init; }

    /// <summary>Time since the device booted at the first row, in milliseconds; it counts while the device sleeps and nobody sets it.</summary>
    public long BaseUptimeMs { get; init; }

    /// <summary>How far the clock of the rows can be believed.</summary>
    public ClockQuality Clock { get; init; }

    /// <summary>What the device has lost of its telemetry so far.</summary>
    public TelemetryLosses Losses { get; init; }

    /// <summary>What the device knew of its time when it sent the batch; null before that, and from older agents.</summary>
    public SendStamp? Stamp { get; init; }
}
