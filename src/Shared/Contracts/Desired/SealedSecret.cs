using MicroVm.Shared.Codecs.Cbor;
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
