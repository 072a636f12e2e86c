using System.Formats.Cbor;
using MicroVm.Shared.Codecs.Cbor;
using MicroVm.Shared.Contracts.Commands;
using MicroVm.Shared.Contracts.Desired;
using MicroVm.Shared.Contracts.Guest;
using MicroVm.Shared.Faults;
using MicroVm.Shared.Tests.Contracts;

namespace MicroVm.Shared.Tests.Codecs.Cbor;

public sealed class WireReaderTests
{
    // One megabyte: a declared length of gigabytes that were believed would be far above it.
    private const long AllocationBound = 1 << 20;

    public static TheoryData<string> Names => WireSamples.Names;

    [Theory]
    [MemberData(nameof(Names))]
    public void Document_TruncatedAtAnyByte_IsRefused(string name)
    {
        WireSample sample = WireSamples.Named(name);
        byte[] encoded = sample.Encoded;
        for (int length = 0; length < encoded.Length; length++)
        {
            Assert.Throws<WireFormatException>(() => sample.Decode(encoded.AsMemory(0, length)));
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Document_WithTrailingBytes_IsRefused(string name)
    {
        WireSample sample = WireSamples.Named(name);

        Assert.Throws<WireFormatException>(() => sample.Decode((byte[])[.. sample.Encoded, 0]));
        Assert.Throws<WireFormatException>(() => sample.Decode((byte[])[.. sample.Encoded, .. sample.Encoded]));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void UnknownKeys_AtEveryLevel_AreSkipped(string name)
    {
        WireSample sample = WireSamples.Named(name);
        // Values that no message has today: tagged twice, maps in maps, nested arrays, a float, null, bytes, a boolean.
        byte[][] values =
        [
            Convert.FromHexString("c1d82063612f62"),
            Convert.FromHexString("a2018202036161a10102"),
            CborEdit.Nested(4),
            Convert.FromHexString("fb3ff199999999999a"),
            Convert.FromHexString("f6"),
            Convert.FromHexString("43010203"),
            Convert.FromHexString("f5"),
        ];
        foreach (byte[] value in values)
        {
            byte[] extended = CborEdit.AddToEveryMap(sample.Encoded, 1000, value);

            object decoded = sample.Decode(extended);

            Assert.True(extended.Length > sample.Encoded.Length);
            Assert.Equal(sample.Encoded, sample.Encode(decoded));
        }
    }

    [Fact]
    public void UnknownKey_NestedTooDeep_IsRefused()
    {
        byte[] ack = WireSamples.Named("ack").Encoded;

        Ack.Decode(CborEdit.AddToEveryMap(ack, 99, CborEdit.Nested(CborLimits.Depth - 1)));

        WireFormatException refusal = Assert.Throws<WireFormatException>(
            () => Ack.Decode(CborEdit.AddToEveryMap(ack, 99, CborEdit.Nested(CborLimits.Depth))));
        Assert.Equal("ack/99: expected at most 12 levels, found a deeper document", refusal.Message);
    }

    [Theory]
    [InlineData(100)]
    [InlineData(1_000)]
    [InlineData(1_000_000)]
    public void Document_NestedVeryDeep_IsRefused(int depth)
    {
        Assert.Throws<WireFormatException>(() => DesiredState.Decode(CborEdit.Nested(depth)));
        Assert.Throws<WireFormatException>(() => DesiredState.Decode((byte[])[0xA1, 0x18, 0x63, .. CborEdit.Nested(depth)]));
        Assert.Throws<WireFormatException>(() => DesiredState.Decode((byte[])[.. Enumerable.Repeat(new byte[] { 0xA1, 0x02 }, depth / 2).SelectMany(static x => x)]));
        Assert.Throws<WireFormatException>(() => DesiredState.Decode((byte[])[0xA1, 0x18, 0x63, .. Enumerable.Repeat((byte)0xC1, depth), 0]));
    }

    [Theory]
    [InlineData("bb7fffffffffffffff")]
    [InlineData("ba7fffffff")]
    [InlineData("b91000")]
    [InlineData("a1029b7fffffffffffffff")]
    [InlineData("a1029a7fffffff")]
    [InlineData("a102991000")]
    [InlineData("a1189b9a7fffffff")]
    [InlineData("a100")]
    [InlineData("a11a000f42405b7fffffffffffffff")]
    [InlineData("a118637a7fffffff")]
    [InlineData("a118637bffffffffffffffff")]
    public void Length_ThatLies_AllocatesNothingForIt(string hex)
    {
        byte[] document = Convert.FromHexString(hex);
        Assert.Throws<WireFormatException>(() => DesiredState.Decode(document));

        long before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Throws<WireFormatException>(() => DesiredState.Decode(document));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, AllocationBound);
    }

    [Fact]
    public void Length_OfAByteStringThatLies_AllocatesNothingForIt()
    {
        byte[] document = Convert.FromHexString("a400010101026161035a7fffffff");
        Assert.Throws<WireFormatException>(() => DesiredEnvelope.Decode(document));

        long before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Throws<WireFormatException>(() => DesiredEnvelope.Decode(document));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, AllocationBound);
    }

    [Theory]
    [InlineData("a2010101 02", "a key twice")]
    [InlineData("a201000000", "keys out of order")]
    [InlineData("bf0001ff", "a map of indefinite length")]
    [InlineData("a1029fff", "an array of indefinite length")]
    [InlineData("a118637f6161ff", "text of indefinite length")]
    [InlineData("a118635f4161ff", "bytes of indefinite length")]
    [InlineData("a1180001", "a key that is not in its shortest form")]
    [InlineData("a1001801", "a number that is not in its shortest form")]
    [InlineData("a1616101", "a key that is text")]
    [InlineData("a11b000000010000000001", "a key above 32 bits")]
    [InlineData("80", "an array instead of a map")]
    [InlineData("f6", "null")]
    [InlineData("", "nothing")]
    [InlineData("ff", "a break alone")]
    [InlineData("1c", "a reserved length")]
    [InlineData("a1006161", "text instead of a number")]
    [InlineData("a1186361ff", "text that is not UTF-8, skipped")]
    public void Document_NotDeterministicOrNotTheType_IsRefused(string hex, string what)
    {
        byte[] document = Convert.FromHexString(hex.Replace(" ", "", StringComparison.Ordinal));

        WireFormatException refusal = Assert.Throws<WireFormatException>(() => DesiredState.Decode(document));

        Assert.StartsWith("desired state", refusal.Message);
        Assert.DoesNotContain("version", refusal.Message);
        Assert.True(refusal.Message.Length < 400, what);
    }

    [Fact]
    public void Text_ThatIsNotUtf8_IsRefused()
    {
        // Kind 6 (exited): exit code 0, message of one byte 0xff.
        byte[] document = Convert.FromHexString("a3000601000261ff");

        Assert.Throws<WireFormatException>(() => GuestMessage.Decode(document));
    }

    [Fact]
    public void Text_OverTheLimit_IsRefused()
    {
        byte[] longest = Exited(new string('m', CborLimits.StringBytes));
        byte[] longer = Exited(new string('m', CborLimits.StringBytes + 1));

        Assert.Equal(CborLimits.StringBytes, Assert.IsType<GuestExited>(GuestMessage.Decode(longest)).Message.Length);
        Assert.Throws<WireFormatException>(() => GuestMessage.Decode(longer));

        static byte[] Exited(string message)
        {
            CborWriter text = new();
            text.WriteTextString(message);
            return CborEdit.Map((0, [6]), (1, [0]), (2, text.Encode()));
        }
    }

    [Fact]
    public void Document_OverTheLimit_IsRefused()
    {
        byte[] document = new byte[CborLimits.DocumentBytes + 1];

        WireFormatException refusal = Assert.Throws<WireFormatException>(() => DesiredState.Decode(document));

        Assert.Equal("desired state: expected at most 1048576 bytes, found 1048577", refusal.Message);
    }

    [Fact]
    public void List_OverTheLimit_IsRefused()
    {
        byte[] list = [0x99, 0x10, 0x01, .. new byte[CborLimits.Items + 1]];

        WireFormatException refusal = Assert.Throws<WireFormatException>(() => DesiredState.Decode(CborEdit.Map((0, [1]), (2, list))));

        Assert.Equal("desired state/2: expected at most 4096 items, found 4097", refusal.Message);
    }

    [Fact]
    public void Fault_NamesThePlace()
    {
        byte[] vm = CborEdit.Map((1, [0x65, .. "Hello"u8]));

        WireFormatException refusal = Assert.Throws<WireFormatException>(
            () => DesiredState.Decode(CborEdit.Map((0, [1]), (1, [1]), (2, [0x81, .. vm]))));

        Assert.StartsWith("desired state/2[0]/1: name: expected 1 to 63 characters", refusal.Message);
    }

    [Theory]
    [InlineData("a0", "version 1, found no version")]
    [InlineData("a10002", "version 1, found version 2")]
    public void Version_Other_IsRefused(string hex, string message) =>
        Assert.EndsWith(message, Assert.Throws<WireFormatException>(() => DesiredState.Decode(Convert.FromHexString(hex))).Message);

    [Fact]
    public void CborReader_OfThePackage_HasADepthLimitOfItsOwn()
    {
        // Without it one crafted megabyte makes CborReader walk for seconds or exhaust the stack; fixed in System.Formats.Cbor 10.0.14.
        CborReader reader = new(CborEdit.Nested(1_000_000), CborConformanceMode.Canonical);

        Assert.Throws<CborContentException>(() => reader.SkipValue());
    }
}
