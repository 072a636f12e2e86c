using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;

namespace MicroVm.Shared.Identity;

/// <summary>A SHA-256 content digest, written <c>sha256:</c> and 64 lower-case hexadecimal digits as in the OCI image specification.</summary>
public readonly record struct Digest
{
    private const string Prefix = "sha256:";
    private const int HexLength = 64;

    private static readonly SearchValues<char> s_hexDigits = SearchValues.Create("0123456789abcdef");

    private readonly string? _value;

    private Digest(string value) => _value = value;

    /// <summary>The digest's text; empty for <c>default</c>.</summary>
    public string Value => _value ?? "";

    /// <summary>The 64 hexadecimal digits without the algorithm; a safe file name.</summary>
    public string Hex => Value.Length == 0 ? "" : Value[Prefix.Length..];

    /// <summary>True for <c>default</c>: no digest.</summary>
    public bool IsEmpty => string.IsNullOrEmpty(_value);

    /// <summary>Digest of bytes in memory.</summary>
    public static Digest Of(ReadOnlySpan<byte> content) => FromHash(SHA256.HashData(content));

    /// <summary>Digest from a finished SHA-256 hash of 32 bytes.</summary>
    /// <exception cref="ArgumentException">The hash is not 32 bytes long.</exception>
    public static Digest FromHash(ReadOnlySpan<byte> hash) =>
        hash.Length == SHA256.HashSizeInBytes
            ? new Digest(Prefix + Convert.ToHexStringLower(hash))
            : throw new ArgumentException($"expected {SHA256.HashSizeInBytes} bytes, found {hash.Length}", nameof(hash));

    /// <summary>Parses a digest; false when the text has another algorithm, length or character.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, out Digest digest)
    {
        bool valid = text is not null
            && text.Length == Prefix.Length + HexLength
            && text.StartsWith(Prefix, StringComparison.Ordinal)
            && !text.AsSpan(Prefix.Length).ContainsAnyExcept(s_hexDigits);
        digest = valid ? new Digest(text!) : default;
        return valid;
    }

    /// <summary>Parses a digest.</summary>
    /// <exception cref="FormatException">The text is not a SHA-256 digest.</exception>
    public static Digest Parse(string? text) =>
        TryParse(text, out Digest digest)
            ? digest
            : throw new FormatException($"digest: expected 'sha256:' and {HexLength} lower-case hexadecimal digits, found {IdentityCharacters.Quote(text)}");

    /// <inheritdoc/>
    public override string ToString() => Value;
}
