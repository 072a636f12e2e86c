using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using MicroVm.Shared.Identity;
using Microsoft.AspNetCore.Server.Kestrel.Https;

namespace MicroVm.ControlPlane.Host.Identity;

/// <summary>
/// What each TLS handshake is answered with. The server's own certificate is made at start, with a key that is nowhere but in
/// memory, and made anew after two thirds of its life or when the authorities change.
/// </summary>
internal sealed class ServerTls(Fleet fleet, DeviceCertificateRules rules, ServerNames names, TimeProvider time)
{
    private static readonly TimeSpan s_lifetime = TimeSpan.FromDays(30);
    private static readonly TimeSpan s_handshake = TimeSpan.FromSeconds(10);

    private readonly Lock _lock = new();
    private Issued? _issued;

#pragma warning disable CA5359 // The certificate is judged with each request, by OwnAuthenticationHandler.
    /// <summary>For the API: TLS 1.3 or 1.2; a certificate is asked for and judged with the request, where a refusal can be explained.</summary>
    internal TlsHandshakeCallbackOptions ForApi() => new()
    {
        HandshakeTimeout = s_handshake,
        OnConnection = _ => ValueTask.FromResult(Options(
            SslProtocols.Tls12 | SslProtocols.Tls13, [SslApplicationProtocol.Http2, SslApplicationProtocol.Http11], static (_, _, _, _) => true)),
    };
#pragma warning restore CA5359

    /// <summary>For the gateway: TLS 1.3, and no byte of MQTT before a certificate was shown that may connect at this moment.</summary>
    /// <param name="refused">Is told why a certificate is refused.</param>
    internal TlsHandshakeCallbackOptions ForGateway(Action<string> refused) => new()
    {
        HandshakeTimeout = s_handshake,
        OnConnection = context => ValueTask.FromResult(Options(SslProtocols.Tls13, null, (sender, certificate, chain, errors) =>
        {
            using X509Certificate2? shown = certificate is null ? null : X509CertificateLoader.LoadCertificate(certificate.GetRawCertData());
            bool accepted = rules.Judge(shown, out DeviceId _, out string reason) == CertificateVerdict.Accepted;
            if (!accepted)
            {
                refused(reason);
            }

            return accepted;
        })),
    };

    private SslServerAuthenticationOptions Options(
        SslProtocols protocols, List<SslApplicationProtocol>? applications, RemoteCertificateValidationCallback validate) => new()
    {
        ServerCertificateContext = Current().Context,
        ClientCertificateRequired = true,
        EnabledSslProtocols = protocols,
        ApplicationProtocols = applications,
        CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
        RemoteCertificateValidationCallback = validate,
        // The chain is judged by the rules alone; this only keeps the handshake from asking anybody else about it.
        CertificateChainPolicy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            RevocationMode = X509RevocationMode.NoCheck,
            DisableCertificateDownloads = true,
        },
        // Every connection shows its certificate: a session that goes on would not be asked whether it still may.
        AllowTlsResume = false,
        AllowRenegotiation = false,
    };

    private Issued Current()
    {
        DateTimeOffset now = time.GetUtcNow();
        lock (_lock)
        {
            if (_issued is not Issued issued || now >= issued.RenewAt || issued.Authority != fleet.ServerAuthority)
            {
                Authority authority = fleet.ServerAuthority;
                X509Certificate2 certificate = authority.IssueServer(names.All, now, s_lifetime);
                SslCertificateTrust trust = SslCertificateTrust.CreateForX509Collection([.. fleet.Authorities], sendTrustInHandshake: true);
                _issued = issued = new Issued(
                    authority, SslStreamCertificateContext.Create(certificate, null, offline: true, trust), now + (s_lifetime * 2 / 3));
            }

            return issued;
        }
    }

    private sealed record Issued(Authority Authority, SslStreamCertificateContext Context, DateTimeOffset RenewAt);
}
