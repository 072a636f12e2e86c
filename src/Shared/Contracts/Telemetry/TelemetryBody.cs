using System.IO.Compression;
using MicroVm.Shared.Codecs.Cbor;

namespace MicroVm.Shared.Contracts.Telemetry;

/// <summary>
/// The rows of a batch of version 2: tables of columns in CBOR, packed by Deflate (RFC 1951) where that makes them smaller.
/// docs/decisions/telemetry-encoding.md of the agent has the figures.
/// </summary>
internal sealed record TelemetryBody
{
    /// <summary>Smaller bodies are not packed: it would save a few bytes at most.</summary>
    private const int SmallestPackedBytes = 128;

    internal IReadOnlyList<HostSample> Hosts { get; init; } = [];

    internal IReadOnlyList<VmSample> Vms { get; init; } = [];

    internal IReadOnlyList<MetricPoint> Metrics { get; init; } = [];

    internal IReadOnlyList<DeviceEvent> Events { get; init; } = [];

    internal static TelemetryBody Decode(ReadOnlyMemory<byte> body) => WireReader.Decode(body, "telemetry body", static reader =>
    {
        IReadOnlyList<HostSample> hosts = [];
        List<VmSample> vms = [];
        List<MetricPoint> metrics = [];
        IReadOnlyList<DeviceEvent> events = [];
        reader.ReadMap(key =>
        {
            switch (key)
            {
                case 10: hosts = HostColumns.Read(reader); return true;
                case 11: Gather(reader, vms, VmColumns.Read); return true;
                case 12: Gather(reader, metrics, MetricColumns.Read); return true;
                case 14: events = reader.ReadList(DeviceEvent.Read); return true;
                default: return false;
            }
        });
        return new TelemetryBody { Hosts = hosts, Vms = vms, Metrics = metrics, Events = events };
    });

    internal byte[] Encode() => WireWriter.Encode(writer => writer.WriteMap(map =>
    {
        if (Hosts.Count > 0)
        {
            map.WriteField(10, field => HostColumns.Write(field, Hosts));
        }

        if (Vms.Count > 0)
        {
            map.ListField(11, VmColumns.Group(Vms), VmColumns.Write);
        }

        if (Metrics.Count > 0)
        {
            map.ListField(12, MetricColumns.Group(Metrics), MetricColumns.Write);
        }

        if (Events.Count > 0)
        {
            map.ListField(14, Events, static (w, one) => one.Write(w));
        }
    }));

    /// <summary>Packs a body; null when that makes it no smaller.</summary>
    internal static byte[]? TryPack(byte[] body)
    {
        if (body.Length < SmallestPackedBytes)
        {
            return null;
        }

        using MemoryStream packed = new();
        using (DeflateStream deflate = new(packed, CompressionLevel.Optimal, leaveOpen: true))
        {
            deflate.Write(body);
        }

        return packed.Length < body.Length ? packed.ToArray() : null;
    }

    /// <summary>Unpacks a body, at most <see cref="TelemetryLimits.BodyBytes"/> of it.</summary>
    /// <exception cref="InvalidDataException">It is not of that form, or becomes larger.</exception>
    internal static byte[] Unpack(byte[] packed)
    {
        using DeflateStream deflate = new(new MemoryStream(packed, writable: false), CompressionMode.Decompress);
        using MemoryStream body = new();
        byte[] piece = new byte[4096];
        while (deflate.Read(piece) is > 0 and int count)
        {
            if (body.Length + count > TelemetryLimits.BodyBytes)
            {
                throw new InvalidDataException($"expected at most {TelemetryLimits.BodyBytes} bytes when unpacked, found more");
            }

            body.Write(piece, 0, count);
        }

        return body.ToArray();
    }

    private static void Gather<T>(WireReader reader, List<T> rows, Func<WireReader, T[]> table) => reader.ReadList(one =>
    {
        rows.AddRange(table(one));
        return rows.Count <= TelemetryLimits.Rows ? rows.Count : throw one.Fault($"at most {TelemetryLimits.Rows} rows", "more");
    });
}
