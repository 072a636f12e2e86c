using System.Formats.Cbor;
using System.Security.Cryptography;
using System.Security.Cryptography.Cose;
using CsCheck;
using MicroVm.Shared.Codecs.Cose;
using MicroVm.Shared.Faults;

namespace MicroVm.Shared.Tests.Codecs.Cose;

public sealed class SignedMessageTests
{
    private static readonly byte[] s_content = "what a device should run"u8.ToArray();
    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    private byte[] Public => _key.ExportSubjectPublicKeyInfo();

    [Fact]
    public void Message_OfATrustedKey_OpensToItsContent()
    {
        using ECDsa other = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        byte[] message = SignedMessage.Sign(_key, SignedPurpose.Desired, "edge-1", s_content);

        Assert.Equal(s_content, SignedMessage.Open(message, [other.ExportSubjectPublicKeyInfo(), Public], SignedPurpose.Desired, "edge-1"));
        Assert.InRange(message.Length, s_content.Length, s_content.Length + SignedMessage.OverheadBytes);
    }

    /// <summary>Tag 18, protected header of alg -7 and key id, empty unprotected header, content, 64 bytes (RFC 9052 section 4.2).</summary>
    [Fact]
    public void Message_OnTheWire_IsCoseSign1WithEs256()
    {
        CborReader reader = new(SignedMessage.Sign(_key, SignedPurpose.Desired, "edge-1", s_content), CborConformanceMode.Canonical);

        Assert.Equal((CborTag)18, reader.ReadTag());
        Assert.Equal(4, reader.ReadStartArray());
        CborReader headers = new(reader.ReadByteString(), CborConformanceMode.Canonical);
        Assert.Equal(2, headers.ReadStartMap());
        Assert.Equal((1, -7), (headers.ReadInt32(), headers.ReadInt32()));
        Assert.Equal(4, headers.ReadInt32());
        Assert.Equal(SigningKeyId.Of(Public), headers.ReadByteString());
        Assert.Equal(0, reader.ReadStartMap());
        reader.ReadEndMap();
        Assert.Equal(s_content, reader.ReadByteString());
        Assert.Equal(64, reader.ReadByteString().Length);
    }

    /// <summary>Another implementation of the same RFC takes what this one signs, and the other way round.</summary>
    [Fact]
    public void Message_AndAnotherImplementation_UnderstandEachOther()
    {
        byte[] external = "mvm/1/Desired/edge-1"u8.ToArray();
        CoseSign1Message ours = CoseMessage.DecodeSign1(SignedMessage.Sign(_key, SignedPurpose.Desired, "edge-1", s_content));
        CoseHeaderMap headers = new() { { CoseHeaderLabel.KeyIdentifier, SigningKeyId.Of(Public) } };
        byte[] theirs = CoseSign1Message.SignEmbedded(s_content, new CoseSigner(_key, HashAlgorithmName.SHA256, headers), external);

        Assert.True(ours.VerifyEmbedded(_key, external));
        Assert.Equal(s_content, SignedMessage.Open(theirs, [Public], SignedPurpose.Desired, "edge-1"));
    }

    /// <summary>Every length of content and audience: a length of its own prefix must not matter.</summary>
    [Fact]
    public void Messages_OfEveryLength_SignAndOpen() => Gen.Select(Gen.Int[0, 70_000], Gen.Int[1, 140]).Sample(
        (length, audience) =>
        {
            byte[] content = new byte[length];
            string name = new('a', audience);
            return SignedMessage.Open(SignedMessage.Sign(_key, SignedPurpose.Command, name, content), [Public], SignedPurpose.Command, name).Length == length;
        },
        iter: 300);

    [Theory]
    [InlineData(SignedPurpose.Command, "edge-1")]
    [InlineData(SignedPurpose.Desired, "edge-2")]
    [InlineData(SignedPurpose.Desired, "edge-1/")]
    public void Message_ForAnotherPurposeOrAudience_IsRefused(SignedPurpose purpose, string audience)
    {
        byte[] message = SignedMessage.Sign(_key, SignedPurpose.Desired, "edge-1", s_content);

        Assert.Throws<SignatureException>(() => SignedMessage.Open(message, [Public], purpose, audience));
    }

    [Fact]
    public void Message_OfAnUnknownKey_IsRefusedAndNamesTheKey()
    {
        using ECDsa other = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        byte[] message = SignedMessage.Sign(other, SignedPurpose.Desired, "edge-1", s_content);

        SignatureException refused = Assert.Throws<SignatureException>(() => SignedMessage.Open(message, [Public], SignedPurpose.Desired, "edge-1"));

        Assert.Contains(Convert.ToHexStringLower(SigningKeyId.Of(other.ExportSubjectPublicKeyInfo())), refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Message_WithAnotherAlgorithm_IsRefused()
    {
        CoseHeaderMap headers = new() { { CoseHeaderLabel.KeyIdentifier, SigningKeyId.Of(Public) } };
        byte[] message = CoseSign1Message.SignEmbedded(s_content, new CoseSigner(_key, HashAlgorithmName.SHA512, headers), "mvm/1/Desired/edge-1"u8.ToArray());

        Assert.Throws<SignatureException>(() => SignedMessage.Open(message, [Public], SignedPurpose.Desired, "edge-1"));
    }

    [Fact]
    public void Message_WithKeyIdAndAlgorithmUnprotected_IsRefused()
    {
        CoseHeaderMap headers = new() { { CoseHeaderLabel.KeyIdentifier, SigningKeyId.Of(Public) } };
        byte[] message = CoseSign1Message.SignEmbedded(
            s_content, new CoseSigner(_key, HashAlgorithmName.SHA256, unprotectedHeaders: headers), "mvm/1/Desired/edge-1"u8.ToArray());

        Assert.Throws<SignatureException>(() => SignedMessage.Open(message, [Public], SignedPurpose.Desired, "edge-1"));
    }

    [Fact]
    public void Message_WithAnyByteChanged_NeverOpens()
    {
        byte[] message = SignedMessage.Sign(_key, SignedPurpose.Desired, "edge-1", s_content);
        for (int at = 0; at < message.Length; at++)
        {
            byte[] changed = [.. message];
            changed[at] ^= 0x01;
            Assert.Throws<SignatureException>(() => SignedMessage.Open(changed, [Public], SignedPurpose.Desired, "edge-1"));
        }
    }

    [Fact]
    public void Bytes_OfAnySort_AreRefusedWithTheOneException() => Gen.Byte.Array[0, 200].Sample(
        bytes => Assert.Throws<SignatureException>(() => SignedMessage.Open(bytes, [Public], SignedPurpose.Desired, "edge-1")), iter: 2000);

    [Theory]
    [InlineData("d28443a10126")]
    [InlineData("d284")]
    [InlineData("9f9f9f9f9f9f9f9f9f9f9f9f9f9f9f9f9f9f")]
    [InlineData("d2845bffffffffffffffff")]
    [InlineData("d28440bbffffffffffffffff")]
    public void CborBombs_AreRefused(string hex) => Assert.Throws<SignatureException>(
        () => SignedMessage.Open(Convert.FromHexString(hex), [Public], SignedPurpose.Desired, "edge-1"));

    [Fact]
    public void DeepHeader_IsRefused()
    {
        byte[] deep = [0xd2, 0x84, 0x40, 0xa1, 0x19, 0x03, 0xe8, .. Enumerable.Repeat((byte)0x81, 100_000), 0x00, 0x41, 0x00, 0x41, 0x00];

        Assert.Throws<SignatureException>(() => SignedMessage.Open(deep, [Public], SignedPurpose.Desired, "edge-1"));
    }
}
