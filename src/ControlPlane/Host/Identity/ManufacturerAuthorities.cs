using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using MicroVm.ControlPlane.Host.Configuration;
using MicroVm.Shared.Identity;

namespace MicroVm.ControlPlane.Host.Identity;

/// <summary>
/// Manufacturers whose devices need no token: a device shows the certificate that it was made with, whose subject is its id, and
/// proves in the handshake that it has the key.
/// </summary>
internal sealed class ManufacturerAuthorities
{
    private readonly X509Certificate2Collection _authorities = [];
    private readonly bool _needsApproval;
    private readonly TimeProvider _time;

    /// <exception cref="ControlPlaneConfigurationException">The file has no certificates.</exception>
    public ManufacturerAuthorities(IdentityOptions options, TimeProvider time)
    {
        (_needsApproval, _time) = (options.ApproveManufactured, time);
        if (options.ManufacturerAuthorities is not string path)
        {
            return;
        }

        try
        {
            _authorities.ImportFromPemFile(path);
        }
        catch (Exception e) when (e is CryptographicException or IOException or UnauthorizedAccessException)
        {
            throw new ControlPlaneConfigurationException(ExitCode.Usage, $"--manufacturer-ca: expected certificates in PEM, found '{path}': {e.Message}", e);
        }

        if (_authorities.Count == 0)
        {
            throw new ControlPlaneConfigurationException(ExitCode.Usage, $"--manufacturer-ca: expected certificates in PEM, found none in '{path}'");
        }
    }

    /// <summary>Judges the certificate of a device that has no token.</summary>
    /// <returns>The admission, or why there is none.</returns>
    internal (EnrolmentAdmission? Admission, string Refusal) Admit(X509Certificate2? certificate, DeviceId device)
    {
        if (_authorities.Count == 0 || certificate is null)
        {
            return (null, "token: expected one, found none");
        }

        DateTime now = _time.GetUtcNow().UtcDateTime;
        string? fault = DistinguishedName.CommonName(certificate.SubjectName) != device.Value ? $"expected the subject CN={device}"
            : now < certificate.NotBefore.ToUniversalTime() || now > certificate.NotAfter.ToUniversalTime() ? "expected one that is valid now"
            : DeviceCertificateRules.ChainFault(certificate, _authorities);
        return fault is null
            ? (new EnrolmentAdmission("", ImmutableSortedDictionary<string, string>.Empty, _needsApproval), "")
            : (null, $"manufacturer's certificate: {fault}");
    }
}
