using System.Buffers.Binary;
using System.Buffers.Text;
using MicroVm.Vmm.Interop.Linux;

namespace MicroVm.Vmm.Mmds;

/// <summary>
/// Makes and checks the session tokens of version 2 without keeping any: a token is its time of expiry and a number, authenticated
/// with a random key of this process. docs/decisions/mmds-tokens.md. On the loop thread.
/// </summary>
internal sealed unsafe class SessionTokens
{
    internal const int MinTtlSeconds = 1;
    internal const int MaxTtlSeconds = 21_600;

    /// <summary>Bytes of a token's text, base64.</summary>
    internal const int TextBytes = 44;

    private const int MessageBytes = 16;
    private const int TokenBytes = 32;

    private readonly TimeProvider _clock;
    private readonly long _start;
    private readonly ulong _keyLow;
    private readonly ulong _keyHigh;
    private ulong _made;

    /// <param name="clock">What tokens expire by.</param>
    /// <exception cref="OsFaultException">The kernel has no random bytes.</exception>
    internal SessionTokens(TimeProvider clock)
    {
        _clock = clock;
        _start = clock.GetTimestamp();
        ulong* key = stackalloc ulong[2];

        // SAFETY: 16 bytes of the stack; so few are never cut short once the kernel's pool is ready.
        if (Libc.getrandom(key, MessageBytes, 0) != MessageBytes)
        {
            throw OsFaultException.FromLastError("getrandom");
        }

        (_keyLow, _keyHigh) = (key[0], key[1]);
    }

    /// <summary>Milliseconds since this object was made.</summary>
    private long Now => (long)_clock.GetElapsedTime(_start).TotalMilliseconds;

    /// <summary>Makes a token that is valid for so many seconds, of which the bounds above hold.</summary>
    internal byte[] Make(int ttlSeconds)
    {
        System.Diagnostics.Debug.Assert(ttlSeconds is >= MinTtlSeconds and <= MaxTtlSeconds);
        Span<byte> token = stackalloc byte[TokenBytes];
        BinaryPrimitives.WriteInt64LittleEndian(token, Now + (ttlSeconds * 1000L));
        BinaryPrimitives.WriteUInt64LittleEndian(token[8..], _made++);
        (ulong low, ulong high) = SipHash.Compute(_keyLow, _keyHigh, token[..MessageBytes]);
        BinaryPrimitives.WriteUInt64LittleEndian(token[MessageBytes..], low);
        BinaryPrimitives.WriteUInt64LittleEndian(token[(MessageBytes + 8)..], high);
        byte[] text = new byte[TextBytes];
        Base64.EncodeToUtf8(token, text, out _, out _);
        return text;
    }

    /// <summary>True for a token of this process that has not expired.</summary>
    internal bool IsValid(ReadOnlySpan<byte> text)
    {
        Span<byte> token = stackalloc byte[TokenBytes + 1];
        bool isToken = text.Length == TextBytes
            && Base64.DecodeFromUtf8(text, token, out _, out int length) == System.Buffers.OperationStatus.Done
            && length == TokenBytes;
        if (!isToken)
        {
            return false;
        }

        (ulong low, ulong high) = SipHash.Compute(_keyLow, _keyHigh, token[..MessageBytes]);

        // All bits are looked at, so that the time this takes tells nothing about where a guess is wrong.
        ulong difference = (low ^ BinaryPrimitives.ReadUInt64LittleEndian(token[MessageBytes..]))
            | (high ^ BinaryPrimitives.ReadUInt64LittleEndian(token[(MessageBytes + 8)..]));
        return difference == 0 && BinaryPrimitives.ReadInt64LittleEndian(token) > Now;
    }
}
