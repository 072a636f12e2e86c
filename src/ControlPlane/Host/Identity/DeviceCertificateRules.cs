using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using MicroVm.ControlPlane.Abstractions.Identity;
using MicroVm.Shared.Identity;

namespace MicroVm.ControlPlane.Host.Identity;

/// <summary>Which certificate is which device. What is not known, or cannot be told, is refused.</summary>
internal sealed class DeviceCertificateRules(Fleet fleet, IDeviceIdentities identities, IdentityOptions options, TimeProvider time)
{
    /// <summary>Judges a certificate whose private key its sender has shown to have.</summary>
    internal CertificateVerdict Judge(X509Certificate2? certificate, out DeviceId device, out string reason)
    {
        device = default;
        if (certificate is null)
        {
            reason = "expected a certificate, found none";
            return CertificateVerdict.Refused;
        }

        if (!DeviceId.TryParse(DistinguishedName.CommonName(certificate.SubjectName), out DeviceId named))
        {
            reason = "certificate: expected a device id as its subject, found another name";
            return CertificateVerdict.Refused;
        }

        if (ChainFault(certificate, fleet.Authorities) is string fault)
        {
            reason = $"certificate of '{named}': expected one of this fleet: {fault}";
            return CertificateVerdict.Refused;
        }

        device = named;
        return JudgeIdentity(certificate, named, out reason);
    }

    /// <summary>Whether a device, known by the digest of its key, may send and receive at this moment.</summary>
    internal bool MayConnect(DeviceId device, string keyDigest) =>
        identities.Find(device.Value) is DeviceIdentity identity && identity.MayConnect && identity.KeyDigest == keyDigest;

    internal static string KeyDigestOf(X509Certificate2 certificate) => Digest.Of(certificate.PublicKey.ExportSubjectPublicKeyInfo()).Value;

    /// <summary>Why a certificate is not of these authorities; null when it is. Its end is judged by the caller.</summary>
    internal static string? ChainFault(X509Certificate2 certificate, IEnumerable<X509Certificate2> authorities)
    {
        using X509Chain chain = new();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.AddRange(authorities.ToArray());
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.DisableCertificateDownloads = true;
        chain.ChainPolicy.VerificationFlags = X509VerificationFlags.IgnoreNotTimeValid;
        chain.ChainPolicy.ApplicationPolicy.Add(new Oid(Authority.ClientAuthentication));
        return chain.Build(certificate) ? null : string.Join(", ", chain.ChainStatus.Select(static status => status.Status).Distinct());
    }

    private CertificateVerdict JudgeIdentity(X509Certificate2 certificate, DeviceId device, out string reason)
    {
        DeviceIdentity? identity = identities.Find(device.Value);
        if (identity is null || !identity.MayConnect)
        {
            reason = $"device '{device}': expected an enrolled device, found one that is {identity?.State.ToString() ?? "not known"}";
            return CertificateVerdict.Refused;
        }

        if (identity.KeyDigest != KeyDigestOf(certificate))
        {
            reason = $"device '{device}': expected the key that was enrolled, found another";
            return CertificateVerdict.Refused;
        }

        DateTimeOffset now = time.GetUtcNow(), end = new(certificate.NotAfter.ToUniversalTime(), TimeSpan.Zero);
        reason = now <= end ? "" : $"device '{device}': its certificate ended at {end:O}";
        return now <= end ? CertificateVerdict.Accepted
            : now <= end + options.RenewalGrace ? CertificateVerdict.RenewalOnly
            : CertificateVerdict.Refused;
    }
}
