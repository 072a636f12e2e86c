using System.IO.Compression;
using MicroVm.Shared.Codecs.Cbor;
using MicroVm.Shared.Contracts.Reported;
using MicroVm.Shared.Contracts.Telemetry;
using MicroVm.Shared.Faults;
using MicroVm.Shared.Tests.Contracts;

namespace MicroVm.Shared.Tests.Telemetry;

public sealed class TelemetryBatchTests
{
    private static readonly UplinkHeader s_header = new(Guid.NewGuid(), 7, 1);
    private static readonly SendStamp s_stamp = new(5, ClockQuality.Synchronised, 70_000);

    [Fact]
    public void LargeBatch_EncodedAndDecoded_IsTheSame()
    {
        TelemetryBatch batch = LargeBatch();

        TelemetryBatch decoded = TelemetryBatch.Decode(batch.Encode());

        Assert.Equivalent(batch, decoded, strict: true);
    }

    [Fact]
    public void LargeBatch_IsSmallerThanItsBodyAlone()
    {
        TelemetryBatch batch = LargeBatch();

        Assert.True(batch.Encode().Length < new TelemetryBody { Hosts = batch.Hosts, Vms = batch.Vms }.Encode().Length);
    }

    [Fact]
    public void Stamp_AddedAfterEncoding_IsThereAsIfEncodedWithIt()
    {
        TelemetryBatch batch = LargeBatch();

        byte[] stamped = TelemetryBatch.AddStamp(batch.Encode(), s_stamp);

        Assert.Equal((batch with { Stamp = s_stamp }).Encode(), stamped);
    }

    [Fact]
    public void Stamp_OnABatchOfVersionOne_IsLeftOut()
    {
        byte[] old = LargeBatch().EncodeVersionOne();

        Assert.Same(old, TelemetryBatch.AddStamp(old, s_stamp));
    }

    [Fact]
    public void Body_ThatUnpacksToMoreThanALimit_IsRefused()
    {
        byte[] bomb = Payload(Deflate(new byte[TelemetryLimits.BodyBytes + 1]), packing: 1);

        WireFormatException fault = Assert.Throws<WireFormatException>(() => TelemetryBatch.Decode(bomb));

        Assert.Contains($"at most {TelemetryLimits.BodyBytes} bytes", fault.Message);
    }

    [Fact]
    public void Body_ThatIsNotDeflate_IsRefused() =>
        Assert.Throws<WireFormatException>(() => TelemetryBatch.Decode(Payload([0xFF, 0xFF, 0xFF, 0xFF], packing: 1)));

    [Fact]
    public void Packing_ThatIsNotKnown_IsRefused() =>
        Assert.Throws<WireFormatException>(() => TelemetryBatch.Decode(Payload([0xA0], packing: 2)));

    [Fact]
    public void Column_LongerThanItsTimes_IsRefused() => RefusedBody(map =>
        map.WriteField(10, field => field.WriteMap(table =>
        {
            table.IntegerListField(1, [1, 2]);
            table.IntegerListField(2, [1, 1, 1]);
        })));

    [Fact]
    public void Processors_OutOfRange_AreRefused() => RefusedBody(map =>
        map.WriteField(10, field => field.WriteMap(table =>
        {
            table.IntegerListField(1, [1]);
            table.IntegerListField(2, [1001]);
        })));

    [Fact]
    public void ManyRowsOfConstantColumns_AreRefused()
    {
        long[] times = new long[CborLimits.Items];
        RefusedBody(map => map.ListField(11, [.. Enumerable.Range(0, 6)], (list, i) => list.WriteMap(table =>
        {
            table.Field(0, $"vm-{i}");
            table.IntegerListField(1, times);
            table.IntegerListField(4, [1]);
        })));
    }

    [Fact]
    public void Metric_ThatBreaksTheRules_IsRefused() => RefusedBody(map =>
        map.ListField(12, [0], static (list, _) => list.WriteMap(table =>
        {
            table.Field(0, "vm");
            table.Field(1, "no spaces");
            table.IntegerListField(4, [1]);
        })));

    private static void RefusedBody(Action<WireWriter> fields)
    {
        byte[] body = WireWriter.Encode(writer => writer.WriteMap(fields));
        Assert.Throws<WireFormatException>(() => TelemetryBatch.Decode(Payload(body, packing: 0)));
    }

    private static byte[] Payload(byte[] body, int packing) => WireWriter.Encode(writer => writer.WriteMap(map =>
    {
        s_header.Write(map, 2);
        map.Field(20, body);
        map.Field(21, packing);
    }));

    private static byte[] Deflate(byte[] bytes)
    {
        using MemoryStream packed = new();
        using (DeflateStream deflate = new(packed, CompressionLevel.Optimal, leaveOpen: true))
        {
            deflate.Write(bytes);
        }

        return packed.ToArray();
    }

    private static TelemetryBatch LargeBatch() => new()
    {
        Header = s_header,
        Hosts = [.. Enumerable.Range(0, 60).Select(row => TelemetryColumns.Host(row, row * 100))],
        Vms = [.. Enumerable.Range(0, 60).Select(TelemetryColumns.Vm)],
        BaseUnixMs = TelemetryColumns.Moment,
        BaseUptimeMs = 1,
        Clock = ClockQuality.Unsynchronised,
    };
}
