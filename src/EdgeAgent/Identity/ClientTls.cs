using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;

namespace MicroVm.EdgeAgent.Identity;

/// <summary>TLS as this device speaks it: 1.3, with its certificate, to the fleet's servers only.</summary>
internal sealed class ClientTls(IdentityStore identity, TimeProvider time)
{
    /// <summary>Options of one connection; what is trusted is looked up in its handshake.</summary>
    /// <param name="host">Name or address of the server; null when the caller's library sets it.</param>
    internal SslClientAuthenticationOptions Options(string? host) => new()
    {
        TargetHost = host,
        EnabledSslProtocols = SslProtocols.Tls13,
        CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
        CertificateChainPolicy = ServerTrust.Policy([]),
        LocalCertificateSelectionCallback = (_, _, _, _, _) => identity.Current?.Certificate!,
        RemoteCertificateValidationCallback = (_, certificate, _, errors) =>
            ServerTrust.Require(certificate, errors, identity.Current?.Trust.Authorities ?? [], time.GetUtcNow()),
    };
}
