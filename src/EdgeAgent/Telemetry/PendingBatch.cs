using MicroVm.EdgeAgent.Store;
using MicroVm.EdgeAgent.Telemetry.Clocks;
using MicroVm.Shared.Contracts.Reported;
using MicroVm.Shared.Contracts.Telemetry;

namespace MicroVm.EdgeAgent.Telemetry;

/// <summary>Rows of one class that were taken by one setting of the clock, before they are spooled.</summary>
internal sealed class PendingBatch(SpoolClass kind, ClockReading began)
{
    /// <summary>What it holds.</summary>
    internal SpoolClass Class => kind;

    /// <summary>The clocks at its first row.</summary>
    internal ClockReading Began => began;

    internal List<HostSample> Hosts { get; } = [];

    internal List<VmSample> Vms { get; } = [];

    internal List<MetricPoint> Metrics { get; } = [];

    /// <summary>See <see cref="BatchDecisions.CharactersOf"/>.</summary>
    internal int MetricCharacters { get; set; }

    internal List<DeviceEvent> Events { get; } = [];

    /// <summary>Rows in it.</summary>
    internal int Items => Hosts.Count + Vms.Count + Metrics.Count + Events.Count;

    /// <summary>The batch as it is spooled.</summary>
    internal SpooledBatch Encode(UplinkHeader header, string kernelBootId, TelemetryLosses losses)
    {
        TelemetryBatch batch = new()
        {
            Header = header,
            Hosts = Hosts,
            Vms = Vms,
            Metrics = Metrics,
            Events = Events,
            BaseUnixMs = began.UnixMs,
            BaseUptimeMs = began.UptimeMs,
            Clock = began.Quality,
            Losses = losses,
        };
        return new SpooledBatch(0, header.BootId, header.Sequence, batch.Encode())
        {
            Class = kind,
            Items = Items,
            BaseUnixMs = began.UnixMs,
            BaseUptimeMs = began.UptimeMs,
            Clock = began.Quality,
            KernelBootId = kernelBootId,
        };
    }
}
