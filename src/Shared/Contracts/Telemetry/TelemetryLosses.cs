using MicroVm.Shared.Codecs.Cbor;

namespace MicroVm.Shared.Contracts.Telemetry;

/// <summary>What a device has had to drop before it was delivered, because its spool was full or too old. Counted since the device was set up.</summary>
/// <param name="Samples">Samples of the device and of VMs.</param>
/// <param name="Metrics">Points of workloads' metrics.</param>
/// <param name="Events">Events.</param>
public readonly record struct TelemetryLosses(ulong Samples, ulong Metrics, ulong Events)
{
    /// <summary>Nothing was lost.</summary>
    public bool IsEmpty => this == default;

    /// <summary>Both together.</summary>
    public static TelemetryLosses operator +(TelemetryLosses one, TelemetryLosses other) => one.Plus(other);

    /// <summary>Both together.</summary>
    public TelemetryLosses Plus(TelemetryLosses other) => new(Samples + other.Samples, Metrics + other.Metrics, Events + other.Events);

    internal static TelemetryLosses Read(WireReader reader)
    {
        ulong samples = 0, metrics = 0, events = 0;
        reader.ReadMap(key =>
        {
            switch (key)
            {
                case 1: samples = reader.ReadUInt64(); return true;
                case 2: metrics = reader.ReadUInt64(); return true;
                case 3: events = reader.ReadUInt64(); return true;
                default: return false;
            }
        });
        return new TelemetryLosses(samples, metrics, events);
    }

    internal void Write(WireWriter writer)
    {
        (ulong samples, ulong metrics, ulong events) = this;
        writer.WriteMap(map =>
        {
            map.Field(1, samples);
            map.Field(2, metrics);
            map.Field(3, events);
        });
    }
}
