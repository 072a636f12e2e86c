using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using MicroVm.ControlPlane.Abstractions.Identity;

namespace MicroVm.ControlPlane.Tests.Kit;

/// <summary>A device's key and certificate.</summary>
internal sealed record FakeIdentity(ECDsa Key, X509Certificate2 Certificate)
{
    private static readonly ConcurrentDictionary<(string Data, string Device), Task<FakeIdentity>> s_known = new();

    /// <summary>Enrols a device past the API, or finds what was enrolled before with the same data.</summary>
    internal static Task<FakeIdentity> OfAsync(RunningControlPlane controlPlane, string data, string device) =>
        s_known.GetOrAdd((data, device), _ => EnrolAsync(controlPlane, device));

    /// <summary>A certificate signing request for a key.</summary>
    internal static string Request(ECDsa key, string commonName) =>
        new CertificateRequest($"CN={commonName}", key, HashAlgorithmName.SHA256).CreateSigningRequestPem();

    internal static X509Certificate2 Join(byte[] certificate, ECDsa key)
    {
        using X509Certificate2 issued = X509CertificateLoader.LoadCertificate(certificate);
        return issued.CopyWithPrivateKey(key);
    }

    private static async Task<FakeIdentity> EnrolAsync(RunningControlPlane controlPlane, string device)
    {
        ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        EnrolmentOutcome outcome = await controlPlane.Grains.GetGrain<IEnrolmentGrain>(device).RequestAsync(new EnrolmentRequest(
            key.ExportSubjectPublicKeyInfo(), "", ImmutableSortedDictionary<string, string>.Empty, NeedsApproval: false)).Within($"enrolment of {device}");
        Assert.Equal(EnrolmentVerdict.Done, outcome.Verdict);
        return new FakeIdentity(key, Join(outcome.Certificate!, key));
    }
}
