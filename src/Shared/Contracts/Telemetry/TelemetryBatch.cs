using MicroVm.Shared.Codecs.Cbor;
using MicroVm.Shared.Contracts.Reported;

namespace MicroVm.Shared.Contracts.Telemetry;

/// <summary>Samples and log lines since the batch before. The device keeps a batch until it is acknowledged.</summary>
public sealed record TelemetryBatch
{
    /// <summary>Boot id and sequence; what an acknowledgement names.</summary>
    public required UplinkHeader Header { get; init; }

    /// <summary>Samples of the device.</summary>
    public IReadOnlyList<HostSample> Hosts { get; init; } = [];

    /// <summary>Samples of VMs.</summary>
    public IReadOnlyList<VmSample> Vms { get; init; } = [];

    /// <summary>Log lines, oldest first for each VM.</summary>
    public IReadOnlyList<LogLine> Logs { get; init; } = [];

    /// <summary>Log lines that were lost on the device since the batch before, because a buffer was full.</summary>
    public ulong DroppedLogLines { get; init; }

    /// <summary>What happened on the device, oldest first. Not written when nothing did.</summary>
    public IReadOnlyList<DeviceEvent> Events { get; init; } = [];

    /// <summary>Decodes a payload of <c>up/telemetry</c>.</summary>
    /// <exception cref="Faults.WireFormatException">The bytes are not a telemetry batch.</exception>
    public static TelemetryBatch Decode(ReadOnlyMemory<byte> payload) => WireReader.Decode(payload, "telemetry batch", static reader =>
    {
        UplinkHeader.Reading header = new();
        IReadOnlyList<HostSample> hosts = [];
        IReadOnlyList<VmSample> vms = [];
        IReadOnlyList<LogLine> logs = [];
        IReadOnlyList<DeviceEvent> events = [];
        ulong dropped = 0;
        reader.ReadMap(key =>
        {
            switch (key)
            {
                case 10: hosts = reader.ReadList(HostSample.Read); return true;
                case 11: vms = reader.ReadList(VmSample.Read); return true;
                case 12: logs = reader.ReadList(LogLine.Read); return true;
                case 13: dropped = reader.ReadUInt64(); return true;
                case 14: events = reader.ReadList(DeviceEvent.Read); return true;
                default: return header.Take(reader, key);
            }
        });
        return new TelemetryBatch
        {
            Header = header.Finish(reader),
            Hosts = hosts,
            Vms = vms,
            Logs = logs,
            DroppedLogLines = dropped,
            Events = events,
        };
    });

    /// <summary>Encodes the payload.</summary>
    public byte[] Encode() => WireWriter.Encode(writer => writer.WriteMap(map =>
    {
        Header.Write(map);
        map.ListField(10, Hosts, static (w, sample) => sample.Write(w));
        map.ListField(11, Vms, static (w, sample) => sample.Write(w));
        map.ListField(12, Logs, static (w, line) => line.Write(w));
        map.Field(13, DroppedLogLines);
        if (Events.Count > 0)
        {
            map.ListField(14, Events, static (w, one) => one.Write(w));
        }
    }));
}
