using CsCheck;
using MicroVm.Shared.Contracts.Guest;
using MicroVm.Shared.Faults;
using MicroVm.Shared.Tests.Contracts;

namespace MicroVm.Shared.Tests.Codecs.Cbor;

/// <summary>Whatever comes, a decoder gives a message or the one exception.</summary>
public sealed class WireFuzzTests
{
    private const int MaxEdits = 6;

    private static readonly Gen<WireSample> s_sample = Gen.Int[0, WireSamples.All.Count - 1].Select(static i => WireSamples.All[i]);

    [Fact]
    public void RandomBytes_AreDecodedOrRefused() =>
        Gen.Select(s_sample, Gen.Byte.Array[0, 200]).Sample(static (sample, bytes) => Survives(sample, bytes), iter: 20_000);

    [Fact]
    public void MutatedMessages_AreDecodedOrRefused() =>
        Gen.Select(s_sample, Gen.Select(Gen.Double.Unit, Gen.Byte, Gen.Int[0, 4]).Array[1, MaxEdits])
            .Sample(static (sample, edits) => Survives(sample, Mutate(sample.Encoded, edits)), iter: 50_000);

    [Fact]
    public void SplicedMessages_AreDecodedOrRefused() =>
        Gen.Select(s_sample, s_sample, Gen.Double.Unit, Gen.Double.Unit).Sample(
            static (head, tail, headPart, tailPart) => Survives(
                head, [.. head.Encoded[..(int)(head.Encoded.Length * headPart)], .. tail.Encoded[(int)(tail.Encoded.Length * tailPart)..]]),
            iter: 20_000);

    [Fact]
    public void FrameLengths_AreReadOrRefused() => Gen.Byte.Array[GuestChannel.HeaderBytes].Sample(static header =>
    {
        try
        {
            return GuestChannel.ReadLength(header) is > 0 and <= GuestChannel.MaxFrameBytes;
        }
        catch (WireFormatException)
        {
            return true;
        }
    });

    /// <summary>True when the bytes are refused, or are a message whose own encoding is stable.</summary>
    private static bool Survives(WireSample sample, byte[] bytes)
    {
        object message;
        try
        {
            message = sample.Decode(bytes);
        }
        catch (WireFormatException)
        {
            return true;
        }

        byte[] encoded = sample.Encode(message);
        return encoded.AsSpan().SequenceEqual(sample.Encode(sample.Decode(encoded)));
    }

    private static byte[] Mutate(byte[] message, (double At, byte Value, int Kind)[] edits)
    {
        List<byte> bytes = [.. message];
        foreach ((double at, byte value, int kind) in edits)
        {
            int index = Math.Min((int)(at * bytes.Count), bytes.Count - 1);
            switch (kind)
            {
                case 0 when bytes.Count > 0: bytes[index] = value; break;
                case 1 when bytes.Count > 0: bytes[index] ^= (byte)(1 << (value & 7)); break;
                case 2 when bytes.Count > 0: bytes.RemoveAt(index); break;
                case 3: bytes.Insert(Math.Max(0, index), value); break;
                case 4 when bytes.Count > 0: bytes.RemoveRange(index, Math.Min(value, bytes.Count - index)); break;
                default: break;
            }
        }

        return [.. bytes];
    }
}
