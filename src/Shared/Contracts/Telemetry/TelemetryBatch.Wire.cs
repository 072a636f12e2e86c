using MicroVm.Shared.Codecs.Cbor;
using MicroVm.Shared.Contracts.Reported;
using MicroVm.Shared.Faults;

namespace MicroVm.Shared.Contracts.Telemetry;

/// <content>Version 2: what names the batch and its time as a map, the rows in one byte string (<see cref="TelemetryBody"/>).</content>
public sealed partial record TelemetryBatch
{
    private const int Version = 2;

    /// <summary>Value of the packing field for Deflate.</summary>
    private const int Deflated = 1;

    /// <summary>The stamp's key: it is the last, so that it can be added to an encoded batch.</summary>
    private const int StampKey = 30;

    /// <summary>First byte of a map of up to 23 pairs, without its count (RFC 8949 section 3.1).</summary>
    private const byte ShortMap = 0xA0;

    private const int MostShortPairs = 23;

    /// <summary>Decodes a payload of <c>up/telemetry</c>.</summary>
    /// <exception cref="WireFormatException">The bytes are not a telemetry batch.</exception>
    public static TelemetryBatch Decode(ReadOnlyMemory<byte> payload) => WireReader.Decode(payload, "telemetry batch", static reader =>
    {
        UplinkHeader.Reading header = new();
        Reading fields = new();
        reader.ReadMap(key => header.Take(reader, key) || fields.TakeOld(reader, key) || fields.Take(reader, key));
        return fields.Finish(header.Finish(reader, Version));
    });

    /// <summary>Encodes the payload, without <see cref="Logs"/>.</summary>
    public byte[] Encode()
    {
        byte[] body = new TelemetryBody { Hosts = Hosts, Vms = Vms, Metrics = Metrics, Events = Events }.Encode();
        byte[]? packed = TelemetryBody.TryPack(body);
        return WireWriter.Encode(writer => writer.WriteMap(map =>
        {
            Header.Write(map, Version);
            map.Field(20, packed ?? body);
            if (packed is not null)
            {
                map.Field(21, Deflated);
            }

            map.Field(22, BaseUnixMs);
            map.Field(23, BaseUptimeMs);
            map.Field(24, (int)Clock);
            if (!Losses.IsEmpty)
            {
                map.WriteField(25, Losses.Write);
            }

            if (Stamp is not null)
            {
                map.WriteField(StampKey, Stamp.Write);
            }
        }));
    }

    /// <summary>Adds a stamp to a batch that <see cref="Encode"/> made without one; a payload of another form stays as it is.</summary>
    public static byte[] AddStamp(byte[] encoded, SendStamp stamp)
    {
        // The version is the first field: key 0.
        bool isOurs = encoded.Length > 3 && encoded[0] is >= ShortMap and < ShortMap + MostShortPairs && encoded[1] == 0 && encoded[2] == Version;
        if (!isOurs)
        {
            return encoded;
        }

        byte[] field = WireWriter.Encode(writer => writer.WriteMap(map => map.WriteField(StampKey, stamp.Write)));
        byte[] stamped = new byte[encoded.Length + field.Length - 1];
        encoded.CopyTo(stamped, 0);
        field.AsSpan(1).CopyTo(stamped.AsSpan(encoded.Length));
        stamped[0]++;
        return stamped;
    }

    /// <summary>Collects the fields of either version.</summary>
    private sealed class Reading
    {
        private TelemetryBatch _batch = new() { Header = new UplinkHeader(Guid.Empty, 0, 0) };
        private byte[]? _body;
        private int _packing;

        internal bool Take(WireReader reader, int key)
        {
            switch (key)
            {
                case 20: _body = reader.ReadBytes(CborLimits.DocumentBytes); return true;
                case 21: _packing = reader.ReadInt32(0, Deflated); return true;
                case 22: _batch = _batch with { BaseUnixMs = reader.ReadInt64() }; return true;
                case 23: _batch = _batch with { BaseUptimeMs = reader.ReadInt64() }; return true;
                case 24: _batch = _batch with { Clock = reader.ReadEnum<ClockQuality>() }; return true;
                case 25: _batch = _batch with { Losses = TelemetryLosses.Read(reader) }; return true;
                case StampKey: _batch = _batch with { Stamp = SendStamp.Read(reader) }; return true;
                default: return false;
            }
        }

        internal bool TakeOld(WireReader reader, int key)
        {
            switch (key)
            {
                case 10: _batch = _batch with { Hosts = reader.ReadList(HostSample.Read) }; return true;
                case 11: _batch = _batch with { Vms = reader.ReadList(VmSample.Read) }; return true;
                case 12: _batch = _batch with { Logs = reader.ReadList(LogLine.Read) }; return true;
                case 13: _batch = _batch with { DroppedLogLines = reader.ReadUInt64() }; return true;
                case 14: _batch = _batch with { Events = reader.ReadList(DeviceEvent.Read) }; return true;
                default: return false;
            }
        }

        internal TelemetryBatch Finish(UplinkHeader header)
        {
            if (_body is null)
            {
                return _batch with { Header = header };
            }

            TelemetryBody body = TelemetryBody.Decode(_packing == Deflated ? Unpack(_body) : _body);
            return _batch with { Header = header, Hosts = body.Hosts, Vms = body.Vms, Metrics = body.Metrics, Events = body.Events };
        }

        private static byte[] Unpack(byte[] packed)
        {
            try
            {
                return TelemetryBody.Unpack(packed);
            }
            catch (InvalidDataException e)
            {
                throw new WireFormatException($"telemetry body: {e.Message}", e);
            }
        }
    }
}
