using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace MicroVm.EdgeAgent.Identity;

/// <summary>
/// Whether a server is the fleet's. A certificate that begins later than this device's clock is taken: a device without a battery
/// wakes up in the past, and must be able to ask what time it is. One that ended is not.
/// </summary>
internal static class ServerTrust
{
    private const string ServerAuthentication = "1.3.6.1.5.5.7.3.1";

    /// <summary>Judges a server's certificate.</summary>
    /// <param name="certificate">What it showed.</param>
    /// <param name="errors">What the TLS library found.</param>
    /// <param name="authorities">The trusted authorities' certificates in DER.</param>
    /// <param name="now">The device's clock.</param>
    internal static bool Accepts(X509Certificate? certificate, SslPolicyErrors errors, IReadOnlyList<byte[]> authorities, DateTimeOffset now)
    {
        if (certificate is null || (errors & ~SslPolicyErrors.RemoteCertificateChainErrors) != 0)
        {
            return false;
        }

        using X509Certificate2 shown = X509CertificateLoader.LoadCertificate(certificate.GetRawCertData());
        using X509Chain chain = new() { ChainPolicy = Policy(authorities) };
        bool chained = chain.Build(shown);
        foreach (X509ChainElement element in chain.ChainElements)
        {
            element.Certificate.Dispose();
        }

        return chained && now <= shown.NotAfter.ToUniversalTime();
    }

    /// <summary>A policy that asks nobody else and trusts these authorities alone.</summary>
    internal static X509ChainPolicy Policy(IReadOnlyList<byte[]> authorities)
    {
        X509ChainPolicy policy = new()
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            RevocationMode = X509RevocationMode.NoCheck,
            DisableCertificateDownloads = true,
            VerificationFlags = X509VerificationFlags.IgnoreNotTimeValid,
        };
        policy.ApplicationPolicy.Add(new Oid(ServerAuthentication));
        foreach (byte[] authority in authorities)
        {
            policy.CustomTrustStore.Add(X509CertificateLoader.LoadCertificate(authority));
        }

        return policy;
    }
}
