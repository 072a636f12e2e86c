using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;

namespace MicroVm.Shared.Identity;

/// <summary>
/// What lets a device in, as text: <c>mvme.ID.SECRET.PIN</c>. The pin is the SHA-256 of the fleet authority's certificate, so that
/// who has nothing but the token knows whom to give it to.
/// </summary>
/// <param name="Id">Names the token; not a secret.</param>
/// <param name="Secret">32 random bytes, base64url.</param>
/// <param name="AuthorityPin">SHA-256 of the certificate in 64 lower-case hexadecimal digits.</param>
public sealed record EnrolmentToken(string Id, string Secret, string AuthorityPin)
{
    /// <summary>Longest text.</summary>
    public const int MaxLength = 160;

    private const string Prefix = "mvme";
    private const int IdBytes = 6, SecretBytes = 32, PinDigits = 64;

    /// <summary>Makes a token with a new id and secret.</summary>
    /// <param name="authority">The authority's certificate in DER.</param>
    public static EnrolmentToken New(ReadOnlySpan<byte> authority) => new(
        Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(IdBytes)),
        Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(SecretBytes)),
        PinOf(authority));

    /// <summary>The pin of a certificate in DER.</summary>
    public static string PinOf(ReadOnlySpan<byte> authority) => Convert.ToHexStringLower(SHA256.HashData(authority));

    /// <summary>Parses a token; false for any other text.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, [NotNullWhen(true)] out EnrolmentToken? token)
    {
        token = text is { Length: <= MaxLength } && text.Split('.') is [Prefix, var id, var secret, var pin]
            && IsHex(id, 2 * IdBytes) && IsHex(pin, PinDigits) && Base64Url.IsValid(secret, out int bytes) && bytes == SecretBytes
            ? new EnrolmentToken(id, secret, pin)
            : null;
        return token is not null;
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Prefix}.{Id}.{Secret}.{AuthorityPin}";

    private static bool IsHex(string text, int digits) => text.Length == digits && text.All(char.IsAsciiHexDigitLower);
}
