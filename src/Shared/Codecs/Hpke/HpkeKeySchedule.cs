using System.Buffers.Binary;
using System.Security.Cryptography;

namespace MicroVm.Shared.Codecs.Hpke;

/// <summary>The keys of one message: RFC 9180 sections 4.1 (encapsulation) and 5.1 (key schedule, base mode).</summary>
internal static class HpkeKeySchedule
{
    /// <summary>Length of AES-GCM's tag.</summary>
    internal const int TagBytes = 16;

    private const int SecretBytes = 32, KeyBytes = 16, NonceBytes = 12;
    private const byte ModeBase = 0;

    /// <summary>"KEM", DHKEM(P-256, HKDF-SHA256); "HPKE", the same, HKDF-SHA256, AES-128-GCM.</summary>
    private static readonly byte[] s_kemSuite = [.. "KEM"u8, 0x00, 0x10], s_suite = [.. "HPKE"u8, 0x00, 0x10, 0x00, 0x01, 0x00, 0x01];

    /// <summary>The cipher and the nonce of the only message.</summary>
    /// <param name="own">The private key of this end: the ephemeral one of the sender or that of the recipient.</param>
    /// <param name="other">The public key of the other end.</param>
    /// <param name="encapsulated">The ephemeral public key as a point.</param>
    /// <param name="recipient">The recipient's public key as a point.</param>
    /// <param name="info">What the message is for.</param>
    /// <param name="nonce">The nonce.</param>
    internal static AesGcm Derive(
        ECDiffieHellman own, ECDiffieHellman other, ReadOnlySpan<byte> encapsulated, ReadOnlySpan<byte> recipient, ReadOnlySpan<byte> info, out byte[] nonce)
    {
        byte[] shared = Encapsulate(own, other, [.. encapsulated, .. recipient]);
        byte[] context = [ModeBase, .. Extract(s_suite, [], "psk_id_hash"u8, []), .. Extract(s_suite, [], "info_hash"u8, info)];
        byte[] secret = Extract(s_suite, shared, "secret"u8, []);
        byte[] key = Expand(s_suite, secret, "key"u8, context, KeyBytes);
        nonce = Expand(s_suite, secret, "base_nonce"u8, context, NonceBytes);
        try
        {
            return new AesGcm(key, TagBytes);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(shared);
            CryptographicOperations.ZeroMemory(secret);
            CryptographicOperations.ZeroMemory(key);
        }
    }

    private static byte[] Encapsulate(ECDiffieHellman own, ECDiffieHellman other, byte[] context)
    {
        using ECDiffieHellmanPublicKey publicKey = other.PublicKey;
        byte[] agreed = own.DeriveRawSecretAgreement(publicKey);
        byte[] key = Extract(s_kemSuite, [], "eae_prk"u8, agreed);
        CryptographicOperations.ZeroMemory(agreed);
        return Expand(s_kemSuite, key, "shared_secret"u8, context, SecretBytes);
    }

    private static byte[] Extract(ReadOnlySpan<byte> suite, byte[] salt, ReadOnlySpan<byte> label, ReadOnlySpan<byte> material) =>
        HKDF.Extract(HashAlgorithmName.SHA256, [.. "HPKE-v1"u8, .. suite, .. label, .. material], salt);

    private static byte[] Expand(ReadOnlySpan<byte> suite, byte[] key, ReadOnlySpan<byte> label, ReadOnlySpan<byte> info, int length)
    {
        Span<byte> prefix = stackalloc byte[sizeof(ushort)];
        BinaryPrimitives.WriteUInt16BigEndian(prefix, (ushort)length);
        return HKDF.Expand(HashAlgorithmName.SHA256, key, length, [.. prefix, .. "HPKE-v1"u8, .. suite, .. label, .. info]);
    }
}
