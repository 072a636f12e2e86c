using CsCheck;

namespace MicroVm.Vmm.Tests.Fuzzing;

/// <summary>Damage done to well-formed input: bytes and words overwritten, parts cut out, doubled or put elsewhere, tokens put in, the end cut off.</summary>
internal static class Mutations
{
    /// <summary>A number that is at the edge of some type more often than not.</summary>
    internal static readonly Gen<ulong> EdgeNumber = Gen.OneOf(
        Gen.ULong[0, 64],
        Gen.ULong,
        Gen.Select(Gen.Int[0, 63], Gen.Int[-2, 2]).Select((bit, more) => unchecked((1UL << bit) + (ulong)more)));

    /// <summary>The bytes with between none and <paramref name="most"/> changes.</summary>
    internal static Gen<byte[]> Of(byte[] whole, int most, params byte[][] tokens) =>
        Gen.Select(Gen.Int[0, 5], Gen.Int[0, int.MaxValue - 1], Gen.Int[0, int.MaxValue - 1], EdgeNumber).Array[0, most]
            .Select(changes => changes.Aggregate(whole, (bytes, change) => Apply(bytes, change, tokens)));

    private static byte[] Apply(byte[] bytes, (int Kind, int At, int Other, ulong Value) change, byte[][] tokens)
    {
        if (bytes.Length == 0)
        {
            return [(byte)change.Value];
        }

        int at = change.At % bytes.Length;
        int length = Math.Min(change.Other % 32, bytes.Length - at);
        switch (change.Kind)
        {
            case 0:
                bytes = [.. bytes];
                bytes[at] = (byte)change.Value;
                return bytes;
            case 1:
                bytes = [.. bytes];
                BitConverter.GetBytes(change.Value).AsSpan(0, Math.Min(1 << (change.Other % 4), bytes.Length - at)).CopyTo(bytes.AsSpan(at));
                return bytes;
            case 2:
                return [.. bytes[..at], .. bytes[(at + length)..]];
            case 3:
                return [.. bytes[..at], .. bytes[at..(at + length)], .. bytes[at..]];
            case 4 when tokens.Length > 0:
                return [.. bytes[..at], .. tokens[change.Other % tokens.Length], .. bytes[at..]];
            default:
                return change.Other % 4 == 0 ? bytes[..at] : bytes;
        }
    }
}
