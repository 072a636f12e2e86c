using System.Security.Cryptography;

namespace MicroVm.Shared.Codecs.Hpke;

/// <summary>
/// One message that only the holder of a P-256 key can open: HPKE (RFC 9180), single-shot, base mode, with DHKEM(P-256,
/// HKDF-SHA256), HKDF-SHA256 and AES-128-GCM. A sealed message is the encapsulated key (65 bytes, an uncompressed point) with the
/// ciphertext and its tag behind it.
/// </summary>
public static class HpkeBox
{
    /// <summary>Bytes that a sealed message is longer than what is in it.</summary>
    public const int OverheadBytes = HpkePoint.Bytes + HpkeKeySchedule.TagBytes;

    /// <summary>Seals a message.</summary>
    /// <param name="recipient">The P-256 key of the one who may open it; its public part is enough.</param>
    /// <param name="message">What is sealed.</param>
    /// <param name="info">What the message is for; both ends know it.</param>
    /// <param name="associatedData">What has to be the same when it is opened, and is not in it.</param>
    /// <exception cref="CryptographicException">The key is not on P-256.</exception>
    public static byte[] Seal(ECDiffieHellman recipient, ReadOnlySpan<byte> message, ReadOnlySpan<byte> info, ReadOnlySpan<byte> associatedData)
    {
        using ECDiffieHellman ephemeral = ECDiffieHellman.Create(ECCurve.NamedCurves.nistP256);
        return Seal(ephemeral, recipient, message, info, associatedData);
    }

    /// <summary>Opens a message.</summary>
    /// <param name="key">The P-256 key that it was sealed to.</param>
    /// <param name="sealedMessage">What <see cref="Seal(ECDiffieHellman, ReadOnlySpan{byte}, ReadOnlySpan{byte}, ReadOnlySpan{byte})"/> gave; untrusted.</param>
    /// <param name="info">As when it was sealed.</param>
    /// <param name="associatedData">As when it was sealed.</param>
    /// <exception cref="CryptographicException">It was not sealed to this key with this information and data, or was changed since.</exception>
    public static byte[] Open(ECDiffieHellman key, ReadOnlySpan<byte> sealedMessage, ReadOnlySpan<byte> info, ReadOnlySpan<byte> associatedData)
    {
        if (sealedMessage.Length < OverheadBytes)
        {
            throw new CryptographicException($"sealed message: expected at least {OverheadBytes} bytes, found {sealedMessage.Length}");
        }

        ReadOnlySpan<byte> encapsulated = sealedMessage[..HpkePoint.Bytes];
        ReadOnlySpan<byte> ciphertext = sealedMessage[HpkePoint.Bytes..^HpkeKeySchedule.TagBytes];
        using ECDiffieHellman ephemeral = HpkePoint.Read(encapsulated);
        using AesGcm cipher = HpkeKeySchedule.Derive(key, ephemeral, encapsulated, HpkePoint.Write(key), info, out byte[] nonce);
        byte[] message = new byte[ciphertext.Length];
        cipher.Decrypt(nonce, ciphertext, sealedMessage[^HpkeKeySchedule.TagBytes..], message, associatedData);
        return message;
    }

    /// <summary>Seals with a given ephemeral key, which must never be used again; the RFC's vectors name one.</summary>
    internal static byte[] Seal(
        ECDiffieHellman ephemeral, ECDiffieHellman recipient, ReadOnlySpan<byte> message, ReadOnlySpan<byte> info, ReadOnlySpan<byte> associatedData)
    {
        byte[] encapsulated = HpkePoint.Write(ephemeral);
        using AesGcm cipher = HpkeKeySchedule.Derive(ephemeral, recipient, encapsulated, HpkePoint.Write(recipient), info, out byte[] nonce);
        byte[] box = new byte[message.Length + OverheadBytes];
        encapsulated.CopyTo(box, 0);
        cipher.Encrypt(
            nonce, message, box.AsSpan(HpkePoint.Bytes, message.Length), box.AsSpan(HpkePoint.Bytes + message.Length), associatedData);
        return box;
    }
}
