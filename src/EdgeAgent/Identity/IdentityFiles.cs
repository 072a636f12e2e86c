using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using MicroVm.EdgeAgent.Interop;
using MicroVm.Shared.Contracts.Identity;
using MicroVm.Shared.Faults;
using MicroVm.Shared.Identity;

namespace MicroVm.EdgeAgent.Identity;

/// <summary>The identity on disk: <c>device.key</c> (mode 0600), <c>device.crt</c>, <c>trust.cbor</c>. Each is replaced whole or not at all.</summary>
internal sealed class IdentityFiles(string folder)
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private string KeyPath => Path.Combine(folder, "device.key");

    private string CertificatePath => Path.Combine(folder, "device.crt");

    private string TrustPath => Path.Combine(folder, "trust.cbor");

    /// <summary>Makes the folder.</summary>
    internal void Prepare()
    {
        if (!OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(folder, OwnerOnly | UnixFileMode.UserExecute);
        }
    }

    /// <summary>The device's key, made when there is none or what is there is none.</summary>
    /// <exception cref="IOException">It cannot be read now, or not be kept. One that is there stays: the device would be another with a new one.</exception>
    internal ECDsa OpenOrMakeKey()
    {
        ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        try
        {
            key.ImportFromPem(File.ReadAllText(KeyPath));
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException or CryptographicException or ArgumentException)
        {
            Write(KeyPath, Encoding.UTF8.GetBytes(key.ExportPkcs8PrivateKeyPem()));
        }

        return key;
    }

    /// <summary>The whole identity; null when a part of it is not there or does not fit the others.</summary>
    internal AgentIdentity? Load()
    {
        try
        {
            using ECDsa key = ECDsa.Create();
            key.ImportFromPem(File.ReadAllText(KeyPath));
            using X509Certificate2 certificate = X509Certificate2.CreateFromPem(File.ReadAllText(CertificatePath));
            TrustBundle trust = TrustBundle.Decode(File.ReadAllBytes(TrustPath));
            return new AgentIdentity(
                certificate.CopyWithPrivateKey(key), trust, Digest.Of(key.ExportSubjectPublicKeyInfo()));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException or ArgumentException or WireFormatException)
        {
            return null;
        }
    }

    internal void SaveTrust(byte[] trust) => Write(TrustPath, trust);

    internal void SaveCertificate(string pem) => Write(CertificatePath, Encoding.UTF8.GetBytes(pem));

    private void Write(string path, ReadOnlySpan<byte> content)
    {
        string next = path + ".new";
        File.Delete(next);
        FileStreamOptions options = new() { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = OwnerOnly;
        }

        using (FileStream file = new(next, options))
        {
            file.Write(content);
            file.Flush(flushToDisk: true);
        }

        File.Move(next, path, overwrite: true);
        Libc.SyncDirectory(folder);
    }
}
