using System.Security.Cryptography.X509Certificates;
using MicroVm.Shared.Contracts.Identity;
using MicroVm.Shared.Identity;

namespace MicroVm.EdgeAgent.Identity;

/// <summary>Who the device is, and whom it trusts. Never changes; another one takes its place.</summary>
/// <param name="Certificate">Its certificate with its private key.</param>
/// <param name="Trust">What it trusts.</param>
/// <param name="KeyDigest">Digest of its public key.</param>
internal sealed record AgentIdentity(X509Certificate2 Certificate, TrustBundle Trust, Digest KeyDigest)
{
    /// <summary>True when the certificate is of the fleet's newest authority.</summary>
    internal bool IsOfNewestAuthority
    {
        get
        {
            using X509Certificate2 newest = X509CertificateLoader.LoadCertificate(Trust.Authorities[0]);
            return newest.SubjectName.RawData.AsSpan().SequenceEqual(Certificate.IssuerName.RawData);
        }
    }
}
