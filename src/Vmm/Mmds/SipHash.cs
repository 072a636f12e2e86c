using System.Buffers.Binary;
using System.Numerics;

namespace MicroVm.Vmm.Mmds;

/// <summary>
/// SipHash-2-4 with 128 bits of outcome (Aumasson and Bernstein, "SipHash: a fast short-input PRF"; reference implementation of its
/// authors): a keyed hash that is made to authenticate short messages. Test vectors of the authors in the tests.
/// </summary>
internal struct SipHash
{
    private ulong _v0;
    private ulong _v1;
    private ulong _v2;
    private ulong _v3;

    /// <summary>The hash of <paramref name="message"/>.</summary>
    internal static (ulong Low, ulong High) Compute(ulong keyLow, ulong keyHigh, ReadOnlySpan<byte> message)
    {
        var state = new SipHash
        {
            _v0 = keyLow ^ 0x736f6d6570736575,
            _v1 = keyHigh ^ 0x646f72616e646f6d ^ 0xee,
            _v2 = keyLow ^ 0x6c7967656e657261,
            _v3 = keyHigh ^ 0x7465646279746573,
        };
        int length = message.Length;
        for (; message.Length >= sizeof(ulong); message = message[sizeof(ulong)..])
        {
            state.Mix(BinaryPrimitives.ReadUInt64LittleEndian(message));
        }

        Span<byte> last = stackalloc byte[sizeof(ulong)];
        last.Clear();
        message.CopyTo(last);
        last[^1] = (byte)length;
        state.Mix(BinaryPrimitives.ReadUInt64LittleEndian(last));
        state._v2 ^= 0xee;
        ulong low = state.Finish();
        state._v1 ^= 0xdd;
        return (low, state.Finish());
    }

    private void Mix(ulong word)
    {
        _v3 ^= word;
        Round();
        Round();
        _v0 ^= word;
    }

    private ulong Finish()
    {
        for (int i = 0; i < 4; i++)
        {
            Round();
        }

        return _v0 ^ _v1 ^ _v2 ^ _v3;
    }

    private void Round()
    {
        _v0 += _v1;
        _v1 = BitOperations.RotateLeft(_v1, 13) ^ _v0;
        _v0 = BitOperations.RotateLeft(_v0, 32);
        _v2 += _v3;
        _v3 = BitOperations.RotateLeft(_v3, 16) ^ _v2;
        _v0 += _v3;
        _v3 = BitOperations.RotateLeft(_v3, 21) ^ _v0;
        _v2 += _v1;
        _v1 = BitOperations.RotateLeft(_v1, 17) ^ _v2;
        _v2 = BitOperations.RotateLeft(_v2, 32);
    }
}
