using System.Security.Cryptography;
using System.Text;

namespace MicroVm.Shared.Sessions;

/// <summary>The opening handshake of a WebSocket (RFC 6455 section 4).</summary>
public static class WebSocketHandshake
{
    /// <summary>The version that both sides have to speak.</summary>
    public const string Version = "13";

    private const string Salt = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    private const int KeyBytes = 16;

    /// <summary>Value of <c>Sec-WebSocket-Accept</c> for a <c>Sec-WebSocket-Key</c>.</summary>
    public static string AcceptOf(string key)
    {
#pragma warning disable CA5350 // The protocol says SHA-1; nothing is kept secret by it.
        return Convert.ToBase64String(SHA1.HashData(Encoding.ASCII.GetBytes(key + Salt)));
#pragma warning restore CA5350
    }

    /// <summary>A fresh key.</summary>
    internal static string NewKey() => Convert.ToBase64String(RandomNumberGenerator.GetBytes(KeyBytes));

    /// <summary>True for what may be a key.</summary>
    public static bool IsKey(string? key)
    {
        Span<byte> bytes = stackalloc byte[KeyBytes];
        return key is { Length: 24 } && Convert.TryFromBase64String(key, bytes, out int count) && count == KeyBytes;
    }
}
