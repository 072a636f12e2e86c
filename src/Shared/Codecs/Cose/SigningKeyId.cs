using System.Security.Cryptography;

namespace MicroVm.Shared.Codecs.Cose;

/// <summary>The name of a public key: the first 16 bytes of the SHA-256 of its SubjectPublicKeyInfo.</summary>
public static class SigningKeyId
{
    private const int Bytes = 16;

    /// <summary>The id of a key.</summary>
    /// <param name="publicKey">SubjectPublicKeyInfo in DER.</param>
    public static byte[] Of(ReadOnlySpan<byte> publicKey) => SHA256.HashData(publicKey)[..Bytes];
}
