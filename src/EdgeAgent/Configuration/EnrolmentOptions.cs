using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using MicroVm.Shared.Identity;

namespace MicroVm.EdgeAgent.Configuration;

/// <summary>How the device gets in for the first time: a token, or what its manufacturer gave it. Files are read when they are needed.</summary>
/// <param name="Token">An enrolment token; null when there is none.</param>
/// <param name="TokenFile">File with a token; null when there is none.</param>
/// <param name="CertificateFile">The manufacturer's certificate for this device, PEM; null when there is none.</param>
/// <param name="KeyFile">Its key, PEM.</param>
/// <param name="AuthorityFile">The fleet authorities' certificates, PEM, which a token would pin.</param>
internal sealed record EnrolmentOptions(string? Token, string? TokenFile, string? CertificateFile, string? KeyFile, string? AuthorityFile)
{
    /// <summary>The token; null when the device has a manufacturer's certificate instead.</summary>
    /// <exception cref="ConfigurationException">The text is not a token.</exception>
    internal EnrolmentToken? ReadToken()
    {
        if (Token is null && TokenFile is null)
        {
            return null;
        }

        string text = Token ?? Read(TokenFile!);
        return EnrolmentToken.TryParse(text.Trim(), out EnrolmentToken? token)
            ? token
            : throw new ConfigurationException("enrolment.token: expected a token as 'mvm enrol token create' prints it, found another text");
    }

    /// <summary>The manufacturer's certificate with its key; null when there is none.</summary>
    /// <exception cref="ConfigurationException">The files do not hold one.</exception>
    internal X509Certificate2? ReadManufacturerCertificate()
    {
        try
        {
            return CertificateFile is null ? null : X509Certificate2.CreateFromPem(Read(CertificateFile), Read(KeyFile!));
        }
        catch (CryptographicException e)
        {
            throw new ConfigurationException($"enrolment.certificateFile: expected a certificate and its key in PEM: {e.Message}", e);
        }
    }

    /// <summary>The fleet authorities' certificates in DER.</summary>
    /// <exception cref="ConfigurationException">The file holds none.</exception>
    internal IReadOnlyList<byte[]> ReadAuthorities()
    {
        X509Certificate2Collection authorities = [];
        try
        {
            authorities.ImportFromPem(Read(AuthorityFile!));
        }
        catch (CryptographicException e)
        {
            throw new ConfigurationException($"enrolment.caFile: expected certificates in PEM: {e.Message}", e);
        }

        return authorities.Count > 0
            ? [.. authorities.Select(static one => one.RawData)]
            : throw new ConfigurationException($"enrolment.caFile: expected certificates in PEM, found none in {AuthorityFile}");
    }

    private static string Read(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ConfigurationException($"enrolment: {path}: cannot be read: {e.Message}", e);
        }
    }
}
