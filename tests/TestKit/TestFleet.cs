using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using MicroVm.Shared.Codecs.Cose;
using MicroVm.Shared.Contracts.Identity;
using MicroVm.Shared.Identity;

namespace MicroVm.TestKit;

/// <summary>A fleet's keys as a test plays it: an authority, a signing key, a server on loopback, and devices that are enrolled.</summary>
public sealed class TestFleet : IDisposable
{
    private readonly ECDsa _authorityKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly ECDsa _signingKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly X509Certificate2 _authority;

    /// <summary>Makes the keys.</summary>
    public TestFleet()
    {
        CertificateRequest request = new("CN=test fleet", _authorityKey, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        _authority = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddYears(10));
        Trust = new TrustBundle(1, [_signingKey.ExportSubjectPublicKeyInfo()], [_authority.RawData]);
        Server = Issue("server", "1.3.6.1.5.5.7.3.1");
    }

    /// <summary>The one fleet of this process.</summary>
    public static TestFleet Shared { get; } = new();

    /// <summary>What devices trust.</summary>
    public TrustBundle Trust { get; }

    /// <summary>Certificate and key of a server on loopback.</summary>
    public X509Certificate2 Server { get; }

    /// <summary>Signs what a device should run.</summary>
    public byte[] SignDesired(DeviceId device, byte[] envelope)
    {
        lock (_signingKey)
        {
            return SignedMessage.Sign(_signingKey, SignedPurpose.Desired, device.Value, envelope);
        }
    }

    /// <summary>Signs a command to a device.</summary>
    public byte[] SignCommand(string audience, byte[] command)
    {
        lock (_signingKey)
        {
            return SignedMessage.Sign(_signingKey, SignedPurpose.Command, audience, command);
        }
    }

    /// <summary>Signs the manifest of an agent release for an architecture.</summary>
    public byte[] SignRelease(string architecture, byte[] manifest)
    {
        lock (_signingKey)
        {
            return SignedMessage.Sign(_signingKey, SignedPurpose.AgentRelease, architecture, manifest);
        }
    }

    /// <summary>Issues a certificate and makes its key.</summary>
    public X509Certificate2 IssueDevice(DeviceId device, TimeSpan? lifetime = null) => Issue(device.Value, "1.3.6.1.5.5.7.3.2", lifetime);

    /// <summary>Issues a server's certificate that began an hour ago.</summary>
    public X509Certificate2 IssueServer(TimeSpan lifetime) => Issue("server", "1.3.6.1.5.5.7.3.1", lifetime);

    /// <summary>Puts an identity where the agent looks for it, unless there is one.</summary>
    /// <param name="dataDirectory">The agent's data directory.</param>
    /// <param name="device">The device.</param>
    public void Install(string dataDirectory, DeviceId device)
    {
        string folder = Path.Combine(dataDirectory, "identity");
        if (Directory.Exists(folder))
        {
            return;
        }

        Directory.CreateDirectory(folder);
        using X509Certificate2 certificate = IssueDevice(device);
        using ECDsa key = certificate.GetECDsaPrivateKey()!;
        File.WriteAllText(Path.Combine(folder, "device.key"), key.ExportPkcs8PrivateKeyPem());
        File.WriteAllText(Path.Combine(folder, "device.crt"), certificate.ExportCertificatePem());
        File.WriteAllBytes(Path.Combine(folder, "trust.cbor"), Trust.Encode());
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Server.Dispose();
        _authority.Dispose();
        _authorityKey.Dispose();
        _signingKey.Dispose();
    }

    private X509Certificate2 Issue(string name, string usage, TimeSpan? lifetime = null)
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CertificateRequest request = new($"CN={name}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(usage)], true));
        SubjectAlternativeNameBuilder names = new();
        names.AddIpAddress(IPAddress.Loopback);
        names.AddDnsName("localhost");
        request.CertificateExtensions.Add(names.Build());
        DateTimeOffset begin = DateTimeOffset.UtcNow.AddHours(-1);
        lock (_authorityKey)
        {
            using X509Certificate2 issued = request.Create(
                _authority, begin, begin + (lifetime ?? TimeSpan.FromDays(90)), RandomNumberGenerator.GetBytes(8));
            return issued.CopyWithPrivateKey(key);
        }
    }
}
