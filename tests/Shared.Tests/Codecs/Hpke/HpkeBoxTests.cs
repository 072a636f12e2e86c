using System.Security.Cryptography;
using CsCheck;
using MicroVm.Shared.Codecs.Hpke;

namespace MicroVm.Shared.Tests.Codecs.Hpke;

public sealed class HpkeBoxTests : IDisposable
{
    private static readonly byte[] s_message = "Beauty is truth, truth beauty"u8.ToArray(), s_info = "for a test"u8.ToArray(), s_data = "edge-1"u8.ToArray();

    private readonly ECDiffieHellman _key = ECDiffieHellman.Create(ECCurve.NamedCurves.nistP256);

    public void Dispose() => _key.Dispose();

    /// <summary>RFC 9180 appendix A.3.1, sequence number 0.</summary>
    [Fact]
    public void Box_WithTheKeysOfTheRfc_IsTheOneOfTheRfc()
    {
        using ECDiffieHellman ephemeral = Key(
            "04a92719c6195d5085104f469a8b9814d5838ff72b60501e2c4466e5e67b325ac98536d7b61a1af4b78e5b7f951c0900be863c403ce65c9bfcb9382657222d18c4",
            "4995788ef4b9d6132b249ce59a77281493eb39af373d236a1fe415cb0c2d7beb");
        using ECDiffieHellman recipient = Key(
            "04fe8c19ce0905191ebc298a9245792531f26f0cece2460639e8bc39cb7f706a826a779b4cf969b8a0e539c7f62fb3d30ad6aa8f80e30f1d128aafd68a2ce72ea0",
            "f3ce7fdae57e1a310d87f1ebbde6f328be0a99cdbcadf4d6589cf29de4b8ffd2");
        byte[] info = Convert.FromHexString("4f6465206f6e2061204772656369616e2055726e");
        byte[] data = Convert.FromHexString("436f756e742d30");
        byte[] expected = Convert.FromHexString(
            "04a92719c6195d5085104f469a8b9814d5838ff72b60501e2c4466e5e67b325ac98536d7b61a1af4b78e5b7f951c0900be863c403ce65c9bfcb9382657222d18c4"
            + "5ad590bb8baa577f8619db35a36311226a896e7342a6d836d8b7bcd2f20b6c7f9076ac232e3ab2523f39513434");

        byte[] box = HpkeBox.Seal(ephemeral, recipient, s_message, info, data);

        Assert.Equal(Convert.ToHexString(expected), Convert.ToHexString(box));
        Assert.Equal(s_message, HpkeBox.Open(recipient, expected, info, data));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(32 << 10)]
    public void Message_OfAnyLength_OpensWithThePrivateKey(int length)
    {
        byte[] message = RandomNumberGenerator.GetBytes(length);
        using ECDiffieHellman publicOnly = ECDiffieHellman.Create();
        publicOnly.ImportSubjectPublicKeyInfo(_key.ExportSubjectPublicKeyInfo(), out _);

        byte[] box = HpkeBox.Seal(publicOnly, message, s_info, s_data);

        Assert.Equal(message, HpkeBox.Open(_key, box, s_info, s_data));
        Assert.Equal(length + HpkeBox.OverheadBytes, box.Length);
    }

    [Fact]
    public void Box_SealedTwice_DiffersEachTime() =>
        Assert.NotEqual(HpkeBox.Seal(_key, s_message, s_info, s_data), HpkeBox.Seal(_key, s_message, s_info, s_data));

    [Fact]
    public void Box_WithAnotherKeyInfoOrData_DoesNotOpen()
    {
        using ECDiffieHellman other = ECDiffieHellman.Create(ECCurve.NamedCurves.nistP256);
        byte[] box = HpkeBox.Seal(_key, s_message, s_info, s_data);

        Assert.ThrowsAny<CryptographicException>(() => HpkeBox.Open(other, box, s_info, s_data));
        Assert.ThrowsAny<CryptographicException>(() => HpkeBox.Open(_key, box, "for another"u8, s_data));
        Assert.ThrowsAny<CryptographicException>(() => HpkeBox.Open(_key, box, s_info, "edge-2"u8));
    }

    [Fact]
    public void Box_OfAKeyOnAnotherCurve_IsRefused()
    {
        using ECDiffieHellman larger = ECDiffieHellman.Create(ECCurve.NamedCurves.nistP384);

        Assert.ThrowsAny<CryptographicException>(() => HpkeBox.Seal(larger, s_message, s_info, s_data));
    }

    /// <summary>Whatever one byte becomes and wherever the message is cut: it does not open, and nothing but the one exception comes of it.</summary>
    [Fact]
    public void Box_ChangedOrCut_DoesNotOpen()
    {
        byte[] box = HpkeBox.Seal(_key, s_message, s_info, s_data);
        Gen.Select(Gen.Int[0, box.Length - 1], Gen.Byte[1, 255], Gen.Bool).Sample((at, flip, cut) =>
        {
            byte[] changed = cut ? box[..at] : [.. box];
            if (!cut)
            {
                changed[at] ^= flip;
            }

            Assert.ThrowsAny<CryptographicException>(() => HpkeBox.Open(_key, changed, s_info, s_data));
        }, iter: 300);
    }

    private static ECDiffieHellman Key(string point, string secret)
    {
        byte[] bytes = Convert.FromHexString(point);
        return ECDiffieHellman.Create(new ECParameters
        {
            Curve = ECCurve.NamedCurves.nistP256,
            Q = new ECPoint { X = bytes[1..33], Y = bytes[33..] },
            D = Convert.FromHexString(secret),
        });
    }
}
