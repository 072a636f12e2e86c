using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace MicroVm.ControlPlane.Host.Identity;

/// <summary>Names in certificates.</summary>
internal static class DistinguishedName
{
    private const string CommonNameOid = "2.5.4.3";

    /// <summary>The common name when the name is that and nothing else; null for every other name.</summary>
    internal static string? CommonName(X500DistinguishedName name)
    {
        try
        {
            List<X500RelativeDistinguishedName> parts = [.. name.EnumerateRelativeDistinguishedNames()];
            return parts is [{ HasMultipleElements: false } one] && one.GetSingleElementType().Value == CommonNameOid ? one.GetSingleElementValue() : null;
        }
        catch (CryptographicException)
        {
            return null;
        }
    }
}
