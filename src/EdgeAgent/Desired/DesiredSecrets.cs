using System.Security.Cryptography;
using System.Text.Unicode;
using MicroVm.EdgeAgent.Identity;
using MicroVm.EdgeAgent.Vms.Guest;
using MicroVm.Shared.Contracts.Desired;
using MicroVm.Shared.Contracts.Guest;
using MicroVm.Shared.Identity;

namespace MicroVm.EdgeAgent.Desired;

/// <summary>
/// Opens the secrets of the desired state with the device's key. They are sealed in the store and in clear only for as long as a
/// guest's configuration is made.
/// </summary>
internal sealed class DesiredSecrets(DesiredIntake intake, IdentityStore identity, DeviceId device) : ISecretSource
{
    /// <inheritdoc/>
    public IReadOnlyList<GuestSecret> Open(VmSpec spec)
    {
        if (spec.Secrets.Count == 0)
        {
            return [];
        }

        using ECDiffieHellman key = OpenKey();
        return [.. spec.Secrets.Select(mount => new GuestSecret(mount.Variable, mount.Path, Open(mount, key)))];
    }

    private ECDiffieHellman OpenKey()
    {
        using ECDsa key = OpenIdentityKey();
        ECParameters parameters = key.ExportParameters(includePrivateParameters: true);
        try
        {
            return ECDiffieHellman.Create(parameters);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(parameters.D);
        }
    }

    private ECDsa OpenIdentityKey()
    {
        try
        {
            return identity.OpenKey();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new SecretUnavailableException($"the device's key: {e.Message}");
        }
    }

    private byte[] Open(SecretMount mount, ECDiffieHellman key)
    {
        SealedSecret box = intake.Current.Secrets.FirstOrDefault(one => one.Name == mount.Secret && one.Version == mount.Version)
            ?? throw new SecretUnavailableException(
                $"secret {mount.Secret}: expected version {mount.Version} in the desired state, found none");
        try
        {
            byte[] value = box.Open(device, key);
            return mount.Variable.Length == 0 || IsVariable(value)
                ? value
                : throw new SecretUnavailableException(
                    $"secret {mount.Secret}: expected UTF-8 without NUL for the variable {mount.Variable}, found other bytes");
        }
        catch (CryptographicException)
        {
            throw new SecretUnavailableException(
                $"secret {mount.Secret}: expected version {mount.Version} sealed to this device's key, found one that it does not open");
        }
    }

    private static bool IsVariable(ReadOnlySpan<byte> value) => !value.Contains((byte)0) && Utf8.IsValid(value);
}
