using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using MicroVm.ControlPlane.Host.Identity;

namespace MicroVm.ControlPlane.Tests.Kit;

/// <summary>TLS of the tests' clients: this fleet's servers and no others.</summary>
internal static class TestTls
{
    internal static SslClientAuthenticationOptions Options(Fleet fleet, X509Certificate2? certificate, SslProtocols protocols)
    {
        X509ChainPolicy policy = new()
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            RevocationMode = X509RevocationMode.NoCheck,
            // The control plane's clock may be a test's.
            VerificationFlags = X509VerificationFlags.IgnoreNotTimeValid,
        };
        policy.CustomTrustStore.AddRange(fleet.Authorities.ToArray());
        return new SslClientAuthenticationOptions
        {
            TargetHost = "localhost",
            EnabledSslProtocols = protocols,
            CertificateChainPolicy = policy,
            LocalCertificateSelectionCallback = (_, _, _, _, _) => certificate!,
        };
    }
}
