using System.Security.Cryptography;
using MicroVm.ControlPlane.Host.Configuration;

namespace MicroVm.ControlPlane.Host.Identity.Keys;

/// <summary>Keys as PKCS#8 in PEM, each a file that its owner alone may read.</summary>
internal sealed class FileKeyVault(string folder) : IKeyVault
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <inheritdoc/>
    public ECDsa Create(string name)
    {
        ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        DurableFile.Write(PathOf(name), key.ExportPkcs8PrivateKeyPem(), OwnerOnly);
        return key;
    }

    /// <inheritdoc/>
    public ECDsa Open(string name) => Open(name, static pem =>
    {
        ECDsa key = ECDsa.Create();
        key.ImportFromPem(pem);
        return key;
    });

    /// <inheritdoc/>
    public ECDiffieHellman OpenAgreement(string name) => Open(name, static pem =>
    {
        ECDiffieHellman key = ECDiffieHellman.Create();
        key.ImportFromPem(pem);
        return key;
    });

    private T Open<T>(string name, Func<string, T> import)
        where T : AsymmetricAlgorithm
    {
        string path = PathOf(name);
        try
        {
            if (OperatingSystem.IsLinux() && File.GetUnixFileMode(path) is UnixFileMode mode && (mode & ~OwnerOnly) != 0)
            {
                throw new ControlPlaneConfigurationException(
                    ExitCode.DataDirectory, $"{path}: expected a key that its owner alone may read (mode 0600), found mode {Convert.ToString((int)mode, 8)}");
            }

            T key = import(File.ReadAllText(path));
            return key.KeySize == 256 ? key : throw new CryptographicException($"a key of {key.KeySize} bits");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException or ArgumentException)
        {
            throw new ControlPlaneConfigurationException(
                ExitCode.DataDirectory, $"{path}: expected a P-256 private key that this program made: {e.Message}", e);
        }
    }

    /// <inheritdoc/>
    public void Delete(string name) => File.Delete(PathOf(name));

    private string PathOf(string name) => Path.Combine(folder, name + ".key");
}
