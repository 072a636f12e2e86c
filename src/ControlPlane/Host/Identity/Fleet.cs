using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using MicroVm.ControlPlane.Abstractions.Identity;
using MicroVm.ControlPlane.Host.Configuration;
using MicroVm.ControlPlane.Host.Identity.Keys;
using MicroVm.Shared.Codecs.Cose;
using MicroVm.Shared.Contracts.Identity;

namespace MicroVm.ControlPlane.Host.Identity;

/// <summary>The fleet's authorities and signing keys, made at the first start and kept for ever after.</summary>
internal sealed class Fleet : IFleetSigner, ICertificateIssuer, IDisposable
{
    private readonly Lock _change = new();
    private readonly IKeyVault _vault;
    private readonly FleetFile _file;
    private readonly TimeProvider _time;
    private readonly IdentityOptions _options;
    private volatile FleetSnapshot _now;

    private Fleet(IKeyVault vault, FleetFile file, IdentityOptions options, TimeProvider time, FleetRing ring)
    {
        (_vault, _file, _options, _time) = (vault, file, options, time);
        _now = Load(ring);
    }

    /// <summary>Raised when the trust bundle changed; devices have to be told.</summary>
    internal event Action? TrustChanged;

    internal FleetRing Ring => _now.Ring;

    /// <inheritdoc/>
    public TrustBundle Trust => _now.Trust;

    /// <summary>The authorities' certificates, newest first.</summary>
    internal ImmutableArray<X509Certificate2> Authorities => _now.Certificates;

    /// <summary>The authority that this server's own certificate is of: the oldest, because every device knows that one.</summary>
    internal Authority ServerAuthority => _now.Authorities[^1];

    /// <summary>Opens the fleet's keys; the first start makes them.</summary>
    /// <param name="directory">The data directory.</param>
    /// <param name="options">Lifetimes.</param>
    /// <param name="time">Clock.</param>
    /// <param name="isNew">False when devices are enrolled already: then keys that are not there are lost, and new ones would lock every device out.</param>
    /// <exception cref="ControlPlaneConfigurationException">The keys are not there or cannot be used.</exception>
    internal static Fleet Open(DataDirectory directory, IdentityOptions options, TimeProvider time, bool isNew)
    {
        FileKeyVault vault = new(directory.Identity);
        FleetFile file = new(directory.Identity);
        FleetRing? ring = file.Read();
        if (ring is null && !isNew)
        {
            throw new ControlPlaneConfigurationException(
                ExitCode.DataDirectory, $"{file.Path}: expected the keys that the enrolled devices trust, found none; restore the folder from its backup");
        }

        if (ring is null)
        {
            ring = FleetRingDecisions.First;
            vault.Create(ring.Signing[0].Name).Dispose();
            MakeAuthority(vault, file, ring.Authorities[0].Name, time);
            file.Write(ring);
        }

        return new Fleet(vault, file, options, time, ring);
    }

    /// <inheritdoc/>
    public byte[] Sign(SignedPurpose purpose, string audience, byte[] content, ulong trustVersion)
    {
        FleetSnapshot now = _now;
        ECDsa key = now.Signing[FleetRingDecisions.SignerFor(now.Ring, trustVersion).Name];
        lock (key)
        {
            return SignedMessage.Sign(key, purpose, audience, content);
        }
    }

    /// <inheritdoc/>
    public IssuedCertificate Issue(string device, byte[] subjectPublicKey) =>
        _now.Authorities[0].IssueDevice(device, subjectPublicKey, _time.GetUtcNow(), _options.CertificateLifetime);

    /// <summary>Adds a key of a kind beside the ones before.</summary>
    /// <returns>False when there are too many already.</returns>
    internal bool Rotate(FleetKeyKind kind) => Change(FleetRingDecisions.Rotate(Ring, kind), next =>
    {
        string name = FleetRingDecisions.Of(next, kind)[0].Name;
        if (kind == FleetKeyKind.Signing)
        {
            _vault.Create(name).Dispose();
        }
        else
        {
            MakeAuthority(_vault, _file, name, _time);
        }
    });

    /// <summary>Takes the oldest key of a kind away and destroys it.</summary>
    /// <returns>False when it is the only one.</returns>
    internal bool Retire(FleetKeyKind kind)
    {
        FleetKey oldest = FleetRingDecisions.Of(Ring, kind)[^1];
        bool changed = Change(FleetRingDecisions.Retire(Ring, kind), static _ => { });
        if (changed)
        {
            _vault.Delete(oldest.Name);
        }

        return changed;
    }

    public void Dispose() => _now.Dispose();

    private static void MakeAuthority(IKeyVault vault, FleetFile file, string name, TimeProvider time)
    {
        using ECDsa key = vault.Create(name);
        using X509Certificate2 certificate = Authority.SelfSign(name, key, time.GetUtcNow());
        file.WriteCertificate(name + ".crt", certificate.ExportCertificatePem() + "\n");
    }

    private bool Change(FleetRing? next, Action<FleetRing> prepare)
    {
        if (next is null)
        {
            return false;
        }

        lock (_change)
        {
            prepare(next);
            _file.Write(next);
            // The one before is not disposed: somebody may be signing with it at this moment.
            _now = Load(next);
        }

        TrustChanged?.Invoke();
        return true;
    }

    private FleetSnapshot Load(FleetRing ring)
    {
        FleetSnapshot snapshot = FleetSnapshot.Load(ring, _vault, _file);
        _file.WriteCertificate("ca.pem", string.Concat(snapshot.Certificates.Select(static one => one.ExportCertificatePem() + "\n")));
        return snapshot;
    }
}
