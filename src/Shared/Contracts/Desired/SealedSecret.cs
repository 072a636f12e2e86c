using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using MicroVm.Shared.Codecs.Cbor;
using MicroVm.Shared.Codecs.Hpke;
using MicroVm.Shared.Identity;

namespace MicroVm.Shared.Contracts.Desired;

/// <summary>A secret that only one device can open.</summary>
/// <param name="Name">Name of the secret.</param>
/// <param name="Version">Its version, from 1.</param>
/// <param name="Sealed">The secret, encrypted to the device's key.</param>
public sealed record SealedSecret(ResourceName Name, int Version, byte[] Sealed)
{
    /// <summary>Most bytes of a secret, in clear.</summary>
    public const int MaxBytes = 32 << 10;

    private static ReadOnlySpan<byte> Info => "microvm secret 1"u8;

    /// <summary>Seals a secret to a device.</summary>
    /// <param name="device">The device.</param>
    /// <param name="key">Its P-256 key; the public part is enough.</param>
    /// <param name="name">Name of the secret.</param>
    /// <param name="version">Its version.</param>
    /// <param name="value">The secret.</param>
    /// <exception cref="CryptographicException">The key is not on P-256.</exception>
    public static SealedSecret Seal(DeviceId device, ECDiffieHellman key, ResourceName name, int version, ReadOnlySpan<byte> value) =>
        new(name, version, HpkeBox.Seal(key, value, Info, AssociatedData(device, name, version)));

    /// <summary>The secret in clear: only ever in memory.</summary>
    /// <param name="device">The device that it was sealed to.</param>
    /// <param name="key">The device's key.</param>
    /// <exception cref="CryptographicException">It was not sealed to this device, key, name and version, or was changed since.</exception>
    public byte[] Open(DeviceId device, ECDiffieHellman key) => HpkeBox.Open(key, Sealed, Info, AssociatedData(device, Name, Version));

    private static byte[] AssociatedData(DeviceId device, ResourceName name, int version) =>
        Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{device}/{name}/{version}"));

    internal static SealedSecret Read(WireReader reader)
    {
        ResourceName name = default;
        int version = 0;
        byte[] content = [];
        reader.ReadMap(key =>
        {
            switch (key)
            {
                case 1: name = reader.ReadParsed(ResourceName.Parse); return true;
                case 2: version = reader.ReadInt32(1); return true;
                case 3: content = reader.ReadBytes(); return true;
                default: return false;
            }
        });
        return name == default || version == 0 || content.Length == 0
            ? throw reader.Fault("a name, a version and bytes (keys 1 to 3)", "not all of them")
            : new SealedSecret(name, version, content);
    }

    internal void Write(WireWriter writer) => writer.WriteMap(map =>
    {
        map.Field(1, Name.Value);
        map.Field(2, Version);
        map.Field(3, Sealed);
    });
}
