using System.Formats.Cbor;
using System.Security.Cryptography;
using System.Text;
using MicroVm.Shared.Codecs.Cbor;
using MicroVm.Shared.Faults;

namespace MicroVm.Shared.Codecs.Cose;

/// <summary>
/// COSE_Sign1 with ES256 (RFC 9052 section 4.2, RFC 9053 section 2.1), in the one form that this system writes: tagged, the
/// algorithm and the key id protected, nothing unprotected, the content inside. Every other form is refused. Purpose and audience
/// are the external data: both ends know them, so they cost no bytes, and what was signed for one device is nothing to another.
/// </summary>
public static class SignedMessage
{
    /// <summary>Most bytes that a message is longer than its content.</summary>
    public const int OverheadBytes = 256;

    private const CborTag Tag = (CborTag)18;
    private const int Parts = 4, AlgorithmLabel = 1, KeyIdLabel = 4, Es256 = -7;
    private const int SignatureBytes = 64, MaxHeaderBytes = 64;
    private const string Context = "Signature1";

    /// <summary>Signs content.</summary>
    /// <param name="key">A P-256 key.</param>
    /// <param name="purpose">What the content is.</param>
    /// <param name="audience">Whom it is for; never empty.</param>
    /// <param name="content">The encoded message.</param>
    public static byte[] Sign(ECDsa key, SignedPurpose purpose, string audience, byte[] content)
    {
        byte[] header = Header(SigningKeyId.Of(key.ExportSubjectPublicKeyInfo()));
        byte[] signature = key.SignData(
            ToBeSigned(header, purpose, audience, content), HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
        CborWriter writer = new(CborConformanceMode.Canonical);
        writer.WriteTag(Tag);
        writer.WriteStartArray(Parts);
        writer.WriteByteString(header);
        writer.WriteStartMap(0);
        writer.WriteEndMap();
        writer.WriteByteString(content);
        writer.WriteByteString(signature);
        writer.WriteEndArray();
        return writer.Encode();
    }

    /// <summary>Verifies a message and returns its content. Nothing of the content is looked at before.</summary>
    /// <param name="message">The bytes as they came.</param>
    /// <param name="trusted">SubjectPublicKeyInfo of each trusted key.</param>
    /// <param name="purpose">What the content has to be.</param>
    /// <param name="audience">Whom it has to be for.</param>
    /// <exception cref="SignatureException">It is not such a message of a trusted key.</exception>
    public static byte[] Open(ReadOnlyMemory<byte> message, IReadOnlyList<byte[]> trusted, SignedPurpose purpose, string audience)
    {
        if (message.Length > CborLimits.DocumentBytes)
        {
            throw new SignatureException($"signed message: expected at most {CborLimits.DocumentBytes} bytes, found {message.Length}");
        }

        try
        {
            (byte[] header, byte[] content, byte[] signature) = Read(message);
            using ECDsa key = Find(header, trusted);
            return key.VerifyData(
                ToBeSigned(header, purpose, audience, content), signature, HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation)
                    ? content
                    : throw new SignatureException($"signature: expected one over a {purpose} message for '{audience}', found another");
        }
        catch (Exception e) when (e is CryptographicException or CborContentException or InvalidOperationException or ArgumentException or OverflowException)
        {
            throw new SignatureException($"signed message: expected COSE_Sign1 with ES256: {e.Message}", e);
        }
    }

    private static (byte[] Header, byte[] Content, byte[] Signature) Read(ReadOnlyMemory<byte> message)
    {
        CborReader reader = new(message, CborConformanceMode.Canonical);
        if (reader.ReadTag() != Tag || reader.ReadStartArray() != Parts)
        {
            throw new SignatureException("signed message: expected tag 18 and four parts, found another form");
        }

        // Lengths are of slices that are there; nothing is allocated by what is declared.
        ReadOnlyMemory<byte> header = reader.ReadDefiniteLengthByteString();
        int? unprotected = reader.ReadStartMap();
        if (header.Length > MaxHeaderBytes || unprotected != 0)
        {
            throw new SignatureException("signed message: expected an algorithm and a key id, protected, and nothing else in its headers");
        }

        reader.ReadEndMap();
        ReadOnlyMemory<byte> content = reader.ReadDefiniteLengthByteString(), signature = reader.ReadDefiniteLengthByteString();
        reader.ReadEndArray();
        return signature.Length == SignatureBytes && reader.BytesRemaining == 0
            ? (header.ToArray(), content.ToArray(), signature.ToArray())
            : throw new SignatureException($"signed message: expected a signature of {SignatureBytes} bytes and then its end");
    }

    /// <summary>The trusted key whose id the header names: it has to be the very header that this key would be given.</summary>
    private static ECDsa Find(byte[] header, IReadOnlyList<byte[]> trusted)
    {
        foreach (byte[] publicKey in trusted)
        {
            if (header.AsSpan().SequenceEqual(Header(SigningKeyId.Of(publicKey))))
            {
                ECDsa key = ECDsa.Create();
                key.ImportSubjectPublicKeyInfo(publicKey, out _);
                return key;
            }
        }

        throw new SignatureException(
            $"signing key: expected ES256 with one of {trusted.Count} trusted keys, found header {Convert.ToHexStringLower(header)}");
    }

    private static byte[] Header(byte[] keyId)
    {
        CborWriter writer = new(CborConformanceMode.Canonical);
        writer.WriteStartMap(2);
        writer.WriteInt32(AlgorithmLabel);
        writer.WriteInt32(Es256);
        writer.WriteInt32(KeyIdLabel);
        writer.WriteByteString(keyId);
        writer.WriteEndMap();
        return writer.Encode();
    }

    /// <summary>Sig_structure (RFC 9052 section 4.4).</summary>
    private static byte[] ToBeSigned(byte[] header, SignedPurpose purpose, string audience, byte[] content)
    {
        ArgumentException.ThrowIfNullOrEmpty(audience);
        CborWriter writer = new(CborConformanceMode.Canonical, initialCapacity: content.Length + OverheadBytes);
        writer.WriteStartArray(Parts);
        writer.WriteTextString(Context);
        writer.WriteByteString(header);
        writer.WriteByteString(Encoding.UTF8.GetBytes($"mvm/1/{purpose}/{audience}"));
        writer.WriteByteString(content);
        writer.WriteEndArray();
        return writer.Encode();
    }
}
