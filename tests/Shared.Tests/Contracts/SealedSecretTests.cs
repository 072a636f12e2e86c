using System.Security.Cryptography;
using MicroVm.Shared.Contracts.Desired;
using MicroVm.Shared.Identity;

namespace MicroVm.Shared.Tests.Contracts;

public sealed class SealedSecretTests : IDisposable
{
    private static readonly DeviceId s_device = DeviceId.Parse("edge-1");
    private static readonly ResourceName s_name = ResourceName.Parse("database");

    private readonly ECDiffieHellman _key = ECDiffieHellman.Create(ECCurve.NamedCurves.nistP256);

    public void Dispose() => _key.Dispose();

    [Fact]
    public void Secret_SealedToADevice_OpensThere()
    {
        SealedSecret secret = SealedSecret.Seal(s_device, _key, s_name, 3, "hunter2"u8);

        Assert.Equal("hunter2"u8.ToArray(), secret.Open(s_device, _key));
        Assert.Equal((s_name, 3), (secret.Name, secret.Version));
    }

    [Fact]
    public void Secret_UnderAnotherNameVersionOrDevice_DoesNotOpen()
    {
        SealedSecret secret = SealedSecret.Seal(s_device, _key, s_name, 3, "hunter2"u8);

        Assert.ThrowsAny<CryptographicException>(() => (secret with { Version = 4 }).Open(s_device, _key));
        Assert.ThrowsAny<CryptographicException>(() => (secret with { Name = ResourceName.Parse("other") }).Open(s_device, _key));
        Assert.ThrowsAny<CryptographicException>(() => secret.Open(DeviceId.Parse("edge-2"), _key));
    }
}
