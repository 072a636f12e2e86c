using MicroVm.Shared.Codecs.Cbor;

namespace MicroVm.Shared.Contracts.Bundles;

/// <summary>What is in a bundle. Nobody signed it: it is for people and for progress, and it is compared with what comes.</summary>
/// <param name="CreatedUnixMs">When it was made.</param>
/// <param name="Devices">Devices that it is for; at least one.</param>
/// <param name="Images">Contents in it: images, and artifacts of agent releases.</param>
/// <param name="ContentBytes">Sum of their sizes.</param>
/// <param name="Releases">Devices that an agent release is for; not written when there are none.</param>
public sealed record BundleHeader(long CreatedUnixMs, int Devices, int Images, long ContentBytes, int Releases = 0)
{
    /// <summary>Version of the format that this needs: what has no release is as it was before there were any.</summary>
    internal uint Version => Releases > 0 ? BundleLimits.Version : BundleLimits.VersionWithoutReleases;

    /// <summary>Decodes a header.</summary>
    /// <exception cref="Faults.WireFormatException">The bytes are not a header.</exception>
    public static BundleHeader Decode(ReadOnlyMemory<byte> bytes) => WireReader.Decode(bytes, "bundle header", static reader =>
    {
        long created = 0, content = 0;
        int devices = 0, images = 0, releases = 0;
        reader.ReadMap(key =>
        {
            switch (key)
            {
                case 1: created = reader.ReadInt64(); return true;
                case 2: devices = reader.ReadInt32(1, BundleLimits.Devices); return true;
                case 3: images = reader.ReadInt32(0, BundleLimits.Images); return true;
                case 4: content = reader.ReadInt64(); return true;
                case 5: releases = reader.ReadInt32(0, BundleLimits.Devices); return true;
                default: return false;
            }
        });
        return devices > 0 && content is >= 0 and <= BundleLimits.ContentBytes * BundleLimits.Images
            ? new BundleHeader(created, devices, images, content, releases)
            : throw reader.Fault("at least one device (key 2) and a sum of sizes (key 4)", $"{devices} devices and {content} bytes");
    });

    /// <summary>Encodes the header.</summary>
    public byte[] Encode() => WireWriter.Encode(writer => writer.WriteMap(map =>
    {
        map.Field(1, CreatedUnixMs);
        map.Field(2, Devices);
        map.Field(3, Images);
        map.Field(4, ContentBytes);
        if (Releases > 0)
        {
            map.Field(5, Releases);
        }
    }));
}
