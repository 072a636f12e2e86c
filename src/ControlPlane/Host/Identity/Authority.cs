using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using MicroVm.ControlPlane.Abstractions.Identity;

namespace MicroVm.ControlPlane.Host.Identity;

/// <summary>One certificate authority of the fleet: its certificate and the key that signs for it.</summary>
internal sealed class Authority(string name, X509Certificate2 certificate, ECDsa key) : IDisposable
{
    private const string ServerAuthentication = "1.3.6.1.5.5.7.3.1";
    internal const string ClientAuthentication = "1.3.6.1.5.5.7.3.2";
    private const int SerialBytes = 16;

    /// <summary>Clocks differ; a certificate that begins now is one that begins tomorrow for some.</summary>
    private static readonly TimeSpan s_backdated = TimeSpan.FromDays(1);

    internal X509Certificate2 Certificate { get; } = certificate;

    /// <summary>Makes the self-signed certificate of a new authority.</summary>
    internal static X509Certificate2 SelfSign(string name, ECDsa key, DateTimeOffset now)
    {
        CertificateRequest request = new(NameOf($"MicroVm fleet {name}"), key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, true, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
        using X509Certificate2 signed = request.Create(
            request.SubjectName, X509SignatureGenerator.CreateForECDsa(key), now - s_backdated, now.AddYears(10), Serial());
        // Without the key: it stays in its vault.
        return X509CertificateLoader.LoadCertificate(signed.RawData);
    }

    /// <summary>Issues a certificate to a device.</summary>
    internal IssuedCertificate IssueDevice(string device, byte[] subjectPublicKey, DateTimeOffset now, TimeSpan lifetime)
    {
        CertificateRequest request = Request(device, PublicKey.CreateFromSubjectPublicKeyInfo(subjectPublicKey, out _), ClientAuthentication);
        using X509Certificate2 issued = Sign(request, now, lifetime);
        return new IssuedCertificate(issued.RawData, issued.SerialNumber, new DateTimeOffset(issued.NotAfter.ToUniversalTime(), TimeSpan.Zero), name);
    }

    /// <summary>Issues a certificate with its key to this server.</summary>
    /// <param name="names">Host names and addresses that clients know it by.</param>
    /// <param name="now">The time.</param>
    /// <param name="lifetime">How long it lasts.</param>
    internal X509Certificate2 IssueServer(IReadOnlyList<string> names, DateTimeOffset now, TimeSpan lifetime)
    {
        using ECDsa server = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CertificateRequest request = Request("MicroVm control plane", new PublicKey(server), ServerAuthentication);
        SubjectAlternativeNameBuilder alternatives = new();
        foreach (string name in names)
        {
            if (IPAddress.TryParse(name, out IPAddress? address))
            {
                alternatives.AddIpAddress(address);
            }
            else
            {
                alternatives.AddDnsName(name);
            }
        }

        request.CertificateExtensions.Add(alternatives.Build());
        using X509Certificate2 issued = Sign(request, now, lifetime);
        return issued.CopyWithPrivateKey(server);
    }

    public void Dispose()
    {
        Certificate.Dispose();
        key.Dispose();
    }

    private static CertificateRequest Request(string name, PublicKey subject, string usage)
    {
        CertificateRequest request = new(NameOf(name), subject, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(usage)], true));
        return request;
    }

    private static X500DistinguishedName NameOf(string text)
    {
        X500DistinguishedNameBuilder name = new();
        name.AddCommonName(text);
        return name.Build();
    }

    private static byte[] Serial()
    {
        byte[] serial = RandomNumberGenerator.GetBytes(SerialBytes);
        // Positive and without a leading zero (RFC 5280 section 4.1.2.2).
        serial[0] = (byte)((serial[0] & 0x7F) | 0x40);
        return serial;
    }

    private X509Certificate2 Sign(CertificateRequest request, DateTimeOffset now, TimeSpan lifetime)
    {
        request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(Certificate, true, false));
        DateTimeOffset end = now + lifetime;
        DateTimeOffset last = new(Certificate.NotAfter.ToUniversalTime(), TimeSpan.Zero);
        lock (key)
        {
            return request.Create(
                Certificate.SubjectName, X509SignatureGenerator.CreateForECDsa(key), now - s_backdated, end < last ? end : last, Serial());
        }
    }
}
