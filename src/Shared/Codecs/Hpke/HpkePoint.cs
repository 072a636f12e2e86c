using System.Security.Cryptography;

namespace MicroVm.Shared.Codecs.Hpke;

/// <summary>A P-256 public key as an uncompressed point (SEC 1 section 2.3.3), which is how RFC 9180 section 7.1.1 writes one.</summary>
internal static class HpkePoint
{
    /// <summary>Length of a point.</summary>
    internal const int Bytes = 1 + (2 * CoordinateBytes);

    private const int CoordinateBytes = 32;
    private const byte Uncompressed = 4;

    /// <summary>Writes a key's public part.</summary>
    /// <exception cref="CryptographicException">The key is not on P-256.</exception>
    internal static byte[] Write(ECDiffieHellman key)
    {
        ECParameters parameters = key.ExportParameters(includePrivateParameters: false);
        if (parameters.Q is not { X.Length: CoordinateBytes, Y.Length: CoordinateBytes })
        {
            throw new CryptographicException($"HPKE: expected a key on P-256, found one of {key.KeySize} bits");
        }

        return [Uncompressed, .. parameters.Q.X, .. parameters.Q.Y];
    }

    /// <summary>Reads a public key; one that is not on the curve is refused by the import.</summary>
    /// <exception cref="CryptographicException">The bytes are not such a point.</exception>
    internal static ECDiffieHellman Read(ReadOnlySpan<byte> point)
    {
        if (point.Length != Bytes || point[0] != Uncompressed)
        {
            throw new CryptographicException("HPKE: expected an uncompressed point of P-256, found something else");
        }

        return ECDiffieHellman.Create(new ECParameters
        {
            Curve = ECCurve.NamedCurves.nistP256,
            Q = new ECPoint { X = point[1..(1 + CoordinateBytes)].ToArray(), Y = point[(1 + CoordinateBytes)..].ToArray() },
        });
    }
}
