using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using MicroVm.ControlPlane.Host.Configuration;
using MicroVm.ControlPlane.Host.Identity.Keys;
using MicroVm.Shared.Contracts.Identity;

namespace MicroVm.ControlPlane.Host.Identity;

/// <summary>The fleet's keys of one version, opened; never changes.</summary>
internal sealed class FleetSnapshot : IDisposable
{
    private FleetSnapshot(FleetRing ring, ImmutableDictionary<string, ECDsa> signing, ImmutableArray<Authority> authorities)
    {
        (Ring, Signing, Authorities) = (ring, signing, authorities);
        Certificates = [.. authorities.Select(static authority => authority.Certificate)];
        Trust = new TrustBundle(
            ring.TrustVersion,
            [.. ring.Signing.Select(key => signing[key.Name].ExportSubjectPublicKeyInfo())],
            [.. Certificates.Select(static certificate => certificate.RawData)]);
    }

    internal FleetRing Ring { get; }

    internal ImmutableDictionary<string, ECDsa> Signing { get; }

    internal ImmutableArray<Authority> Authorities { get; }

    internal ImmutableArray<X509Certificate2> Certificates { get; }

    internal TrustBundle Trust { get; }

    /// <exception cref="ControlPlaneConfigurationException">A key or certificate is not there or cannot be used.</exception>
    internal static FleetSnapshot Load(FleetRing ring, IKeyVault vault, FleetFile file)
    {
        try
        {
            return new FleetSnapshot(
                ring,
                ring.Signing.ToImmutableDictionary(key => key.Name, key => vault.Open(key.Name), StringComparer.Ordinal),
                [.. ring.Authorities.Select(key => new Authority(
                    key.Name,
                    X509Certificate2.CreateFromPem(file.ReadCertificate(key.Name + ".crt")), vault.Open(key.Name)))]);
        }
        catch (CryptographicException e)
        {
            throw new ControlPlaneConfigurationException(ExitCode.DataDirectory, $"{file.Path}: expected certificates of the fleet: {e.Message}", e);
        }
    }

    public void Dispose()
    {
        foreach (ECDsa key in Signing.Values)
        {
            key.Dispose();
        }

        foreach (Authority authority in Authorities)
        {
            authority.Dispose();
        }
    }
}
