using System.Globalization;
using System.Net.Security;
using System.Security.Authentication;
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
    internal static bool Accepts(X509Certificate? certificate, SslPolicyErrors errors, IReadOnlyList<byte[]> authorities, DateTimeOffset now) =>
        Judge(certificate, errors, authorities, now) is null;

    /// <summary>Accepts a server's certificate or says why not.</summary>
    /// <exception cref="AuthenticationException">It is not the fleet's, or it ended.</exception>
    internal static bool Require(X509Certificate? certificate, SslPolicyErrors errors, IReadOnlyList<byte[]> authorities, DateTimeOffset now) =>
        Judge(certificate, errors, authorities, now) is string fault ? throw new AuthenticationException(fault) : true;

    private static string? Judge(X509Certificate? certificate, SslPolicyErrors errors, IReadOnlyList<byte[]> authorities, DateTimeOffset now)
    {
        if (certificate is null || (errors & SslPolicyErrors.RemoteCertificateNotAvailable) != 0)
        {
            return "server certificate: expected one, found none";
        }

        if ((errors & SslPolicyErrors.RemoteCertificateNameMismatch) != 0)
        {
            return "server certificate: expected one for the name or address that was connected to, found another";
        }

        using X509Certificate2 shown = X509CertificateLoader.LoadCertificate(certificate.GetRawCertData());
        using X509Chain chain = new() { ChainPolicy = Policy(authorities) };
        bool chained = chain.Build(shown);
        foreach (X509ChainElement element in chain.ChainElements)
        {
            element.Certificate.Dispose();
        }

        DateTimeOffset end = shown.NotAfter.ToUniversalTime();
        return !chained ? "server certificate: expected one of this fleet's authority, found another"
            : now > end ? string.Create(
                CultureInfo.InvariantCulture,
                $"server certificate: expected one that holds at {now:yyyy-MM-dd HH:mm} UTC by this device's clock, found one that ended at {end:yyyy-MM-dd HH:mm} UTC; it is tried again")
            : null;
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
