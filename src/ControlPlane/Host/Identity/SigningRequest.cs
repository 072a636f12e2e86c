using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using MicroVm.Shared.Identity;

namespace MicroVm.ControlPlane.Host.Identity;

/// <summary>A device's certificate signing request (PKCS#10), of which nothing counts but the subject and the key.</summary>
internal static class SigningRequest
{
    /// <summary>Longest request in characters.</summary>
    internal const int MaxCharacters = 4096;

    private const string P256 = "1.2.840.10045.3.1.7";

    /// <summary>Reads a request and verifies that who made it has the key.</summary>
    /// <param name="pem">The request in PEM.</param>
    /// <param name="device">The device that it has to be for.</param>
    /// <returns>The public key (SubjectPublicKeyInfo), or why it is refused.</returns>
    internal static (byte[]? PublicKey, string Reason) Read(string? pem, DeviceId device)
    {
        if (pem is not { Length: > 0 and <= MaxCharacters })
        {
            return (null, $"expected a certificate signing request of 1 to {MaxCharacters} characters");
        }

        try
        {
            // Extensions are not loaded: what the certificate may do is not for the device to say.
            CertificateRequest request = CertificateRequest.LoadSigningRequestPem(pem, HashAlgorithmName.SHA256);
            using ECDsa? key = request.PublicKey.GetECDsaPublicKey();
            return key?.ExportParameters(false).Curve.Oid.Value != P256 ? (null, "expected a key on the curve P-256")
                : DistinguishedName.CommonName(request.SubjectName) != device.Value ? (null, $"expected the subject CN={device}")
                : (key!.ExportSubjectPublicKeyInfo(), "");
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException or NotSupportedException)
        {
            return (null, $"expected a certificate signing request in PEM with a valid signature: {e.Message}");
        }
    }
}
