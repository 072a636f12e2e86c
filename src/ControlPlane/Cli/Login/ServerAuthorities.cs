using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using MicroVm.ControlPlane.Cli.Hosting;

namespace MicroVm.ControlPlane.Cli.Login;

/// <summary>Whose certificate a server has to have.</summary>
internal static class ServerAuthorities
{
    /// <summary>TLS options that trust these authorities alone; the system's when there are none.</summary>
    /// <param name="pem">Certificates in PEM.</param>
    /// <exception cref="UsageException">The text holds none.</exception>
    internal static SslClientAuthenticationOptions Tls(string pem)
    {
        if (pem.Length == 0)
        {
            return new SslClientAuthenticationOptions();
        }

        X509ChainPolicy policy = new()
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            RevocationMode = X509RevocationMode.NoCheck,
            DisableCertificateDownloads = true,
        };
        try
        {
            policy.CustomTrustStore.ImportFromPem(pem);
        }
        catch (CryptographicException e)
        {
            throw new UsageException($"authorities: expected certificates in PEM: {e.Message}");
        }

        return policy.CustomTrustStore.Count > 0
            ? new SslClientAuthenticationOptions { CertificateChainPolicy = policy, CertificateRevocationCheckMode = X509RevocationMode.NoCheck }
            : throw new UsageException("authorities: expected certificates in PEM, found none");
    }
}
