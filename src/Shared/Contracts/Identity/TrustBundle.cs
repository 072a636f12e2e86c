using MicroVm.Shared.Codecs.Cbor;

namespace MicroVm.Shared.Contracts.Identity;

/// <summary>
/// What a device trusts: given to it at enrolment, replaced only by a later version that is signed with a key of the one before.
/// </summary>
/// <param name="Version">Rises by one with every change.</param>
/// <param name="SigningKeys">SubjectPublicKeyInfo (DER) of the keys that may sign for devices, newest first; 1 to <see cref="MaxEntries"/>.</param>
/// <param name="Authorities">Certificates (DER) of the fleet's authorities, newest first; 1 to <see cref="MaxEntries"/>.</param>
public sealed record TrustBundle(ulong Version, IReadOnlyList<byte[]> SigningKeys, IReadOnlyList<byte[]> Authorities)
{
    /// <summary>Most keys, and most certificates.</summary>
    public const int MaxEntries = 8;

    private const int FormatVersion = 1;
    private const int EntryBytes = 4 << 10;

    /// <summary>Decodes a bundle.</summary>
    /// <exception cref="Faults.WireFormatException">The bytes are not a bundle.</exception>
    public static TrustBundle Decode(ReadOnlyMemory<byte> bytes) => WireReader.Decode(bytes, "trust bundle", static reader =>
    {
        int version = 0;
        ulong number = 0;
        IReadOnlyList<byte[]> keys = [], authorities = [];
        reader.ReadMap(key =>
        {
            switch (key)
            {
                case 0: version = reader.ReadInt32(); return true;
                case 1: number = reader.ReadUInt64(); return true;
                case 2: keys = reader.ReadList(static r => r.ReadBytes(EntryBytes)); return true;
                case 3: authorities = reader.ReadList(static r => r.ReadBytes(EntryBytes)); return true;
                default: return false;
            }
        });
        reader.RequireVersion(version, FormatVersion);
        return number > 0 && keys.Count is > 0 and <= MaxEntries && authorities.Count is > 0 and <= MaxEntries
            ? new TrustBundle(number, keys, authorities)
            : throw reader.Fault(
                $"a version and 1 to {MaxEntries} keys and certificates each", $"version {number}, {keys.Count} and {authorities.Count}");
    });

    /// <summary>Encodes the bundle.</summary>
    public byte[] Encode() => WireWriter.Encode(writer => writer.WriteMap(map =>
    {
        map.Field(0, FormatVersion);
        map.Field(1, Version);
        map.ListField(2, SigningKeys, static (w, key) => w.WriteBytes(key));
        map.ListField(3, Authorities, static (w, certificate) => w.WriteBytes(certificate));
    }));
}
